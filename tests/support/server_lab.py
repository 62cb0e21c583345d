"""What the labs of real servers share: finding the program, starting it on ports of its own, ending it."""
import os
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request

CANARY, STABLE = "7d9f8c6b5", "5c6d7e8f9"


class MissingServer(Exception):
    """This machine does not have it."""


def installed(name):
    found = shutil.which(name)
    if not found:
        raise MissingServer(f"no program called {name}")
    return found


def built(name):
    """A program that `make servers` builds."""
    script = os.path.join(os.path.dirname(__file__), "go_server.sh")
    done = subprocess.run(["sh", script, "--built", name], capture_output=True, text=True)
    if done.returncode != 0:
        raise MissingServer(done.stderr.strip())
    return done.stdout.strip()


def or_skip(make, *arguments, **named):
    """What `make` makes. Without the server it skips the tests, unless that is forbidden."""
    try:
        return make(*arguments, **named)
    except MissingServer as missing:
        if os.environ.get("SERIN_REQUIRE_SERVERS") == "1":
            raise
        raise unittest.SkipTest(str(missing)) from missing


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


class ServerLab:
    """One server and a folder for it. A lab adds `words`, what the program is started with on given ports."""

    patience_s = 60  # far more than any step takes; a lab that hangs must end
    ready = "/ready"  # answers 200 once the server does
    ports = 1  # the first is that of the url

    def __init__(self, program):
        self.program = program
        self.folder = tempfile.mkdtemp(prefix=os.path.basename(program) + "-lab-")
        self.process = None

    def start(self):
        """The ports were free a moment ago; where somebody else took one, the next ones will do."""
        for _ in range(5):
            ports = free_ports(self.ports)
            self.url = f"http://127.0.0.1:{ports[0]}"
            with open(os.path.join(self.folder, "log"), "ab") as log:
                self.process = subprocess.Popen([self.program] + self.words(*ports), stdout=log, stderr=log)
            if self.wait_until(self.is_ready, give_up=lambda: self.process.poll() is not None):
                return
            self.end()
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as log:
            raise RuntimeError(self.program + " does not start:\n" + log.read())

    def is_ready(self):
        try:
            with urllib.request.urlopen(self.url + self.ready, timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def wait_until(self, condition, give_up=lambda: False):
        end = time.monotonic() + self.patience_s
        while time.monotonic() < end and not give_up():
            if condition():
                return True
            time.sleep(0.02)
        return False

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.kill()  # what it would write out is of no use to anyone
            self.process.wait()

    def close(self):
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)
