"""A `serin tap` of the tests' own."""

import atexit
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from service import BINARY, PATIENCE, Answer, log_entry


class Tap:
    """Starts `serin tap` with the given flags. `file` "-" gives it a pipe to write to."""

    def __init__(self, *flags, file=None, arm="abc", pod="shop-1"):
        self.flags = ["--arm", arm, "--pod", pod, *([] if "--listen" in flags else ["--listen", "127.0.0.1:0"]), *flags]
        self.file = file
        self.process = None

    def start(self):
        words = [BINARY, "tap", *self.flags, *([self.file] if self.file else [])]
        source = subprocess.PIPE if self.file == "-" else subprocess.DEVNULL
        self.process = subprocess.Popen(words, stdin=source, stderr=subprocess.PIPE, text=True)
        self.log = []
        self.started = threading.Event()
        atexit.register(self.kill)
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()
        if not self.started.wait(PATIENCE) or not hasattr(self, "address"):
            self.kill()
            raise RuntimeError(f"serin tap did not start: {self.log}")
        return self

    def read_log(self):
        for line in self.process.stderr:
            entry = log_entry(line)
            self.log.append(entry)
            if entry.get("msg") == "tapping":
                self.address = entry["listen"]
                self.started.set()
        self.started.set()

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self, how=signal.SIGTERM):
        """Ends the process and returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        self.process.stderr.close()
        if self.process.stdin:
            self.process.stdin.close()
        return code

    def call(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.address, timeout=PATIENCE)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def metrics(self):
        """What /metrics shows: a line's name with its labels → its value."""
        answer = self.call("GET", "/metrics")
        rows = [line for line in answer.body.decode().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in rows)}

    def send(self, events):
        """Events into standard input."""
        self.process.stdin.write(lines(events))
        self.process.stdin.flush()

    def wait_for(self, name, value):
        """Until a metric has a value."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.metrics().get(name) == value:
                return
            time.sleep(0.02)
        raise AssertionError(f"{name} is {self.metrics().get(name)} and never {value}; log: {self.log[-3:]}")

    def wait_for_events(self, count):
        self.wait_for("serin_tap_events_total", count)

    def memory_kib(self, field):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(field + ":"))


def lines(events):
    return "".join(json.dumps(event) + "\n" for event in events)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class TapCase(unittest.TestCase):
    def secret_file(self):
        """One to sample keys with."""
        folder = tempfile.mkdtemp(prefix="serin-secret-")
        self.addCleanup(shutil.rmtree, folder)
        path = os.path.join(folder, "secret")
        with open(path, "w", encoding="utf-8") as file:
            file.write("a secret of enough bytes")
        return path

    def tap(self, *flags, **options):
        tap = Tap(*flags, **options)
        self.addCleanup(tap.kill)
        return tap.start()
