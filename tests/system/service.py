"""A `serin serve` of the tests' own, and the few calls that most tests make of it."""

import atexit
import gzip
import http.client
import json
import os
import random
import shlex
import signal
import subprocess
import tempfile
import threading
import time

BINARY = os.environ.get("SERIN_BINARY", "build/serin")
SANITIZED = os.path.basename(os.path.dirname(os.path.realpath(BINARY))) in ("asan", "tsan")  # memory tells nothing then
PATIENCE = 30  # seconds to wait for what must happen; never what is measured


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return strict_json(self.body)


def strict_json(body):
    """Parses as Argo's decoder does, but refuses what it would take as a success: NaN, duplicates."""

    def refuse(text):
        raise ValueError("not JSON: " + text)

    def unique(pairs):
        names = [name for name, _ in pairs]
        if len(names) != len(set(names)):
            raise ValueError("duplicate key")
        return dict(pairs)

    return json.loads(body.decode("utf-8"), parse_constant=refuse, object_pairs_hook=unique)


def log_entry(line):
    """The fields of a line, JSON or logfmt; a line that is neither is kept whole."""
    try:
        return json.loads(line) if line.startswith("{") else dict(part.split("=", 1) for part in shlex.split(line))
    except ValueError:
        return {"raw": line}


class Service:
    """Starts `serin serve` with the given configuration text in a folder of its own."""

    def __init__(self, config, folder=None, binary=None):
        self.folder = folder or tempfile.mkdtemp(prefix="serin-test-")
        self.binary = binary or BINARY
        self.config = config
        self.log = []
        self.lines = []
        self.process = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        """Puts a whole file in place at once: a reload may come at any moment."""
        with open(self.path(name + ".new"), "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(self.path(name + ".new"), self.path(name))
        return self.path(name)

    def head(self):
        rows = {
            "listen": "127.0.0.1:0",
            "operators_listen": "127.0.0.1:0",
            "store": self.path("serin.db"),
            "log_format": "json",
            "shutdown_delay": "0s",
        }
        return "".join(f"{key}: {value}\n" for key, value in rows.items() if key + ":" not in self.config)

    def start(self):
        self.write("serin.yaml", self.head() + self.config)
        self.process = subprocess.Popen(
            [self.binary, "serve", "--config", self.path("serin.yaml")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log = []
        self.lines = []  # the same as written
        self.served = threading.Event()
        atexit.register(self.abandon)
        self.reader = threading.Thread(target=self._read_log, daemon=True)
        self.reader.start()
        if not self.served.wait(PATIENCE) or not self.logged("serving"):
            self.stop(signal.SIGKILL)
            raise RuntimeError("serin did not start: " + "".join(map(str, self.log)))
        return self

    def _read_log(self):
        for line in self.process.stderr:
            self.lines.append(line)
            entry = log_entry(line)
            self.log.append(entry)
            if entry.get("msg") == "serving":
                self.api = entry["api"]
                self.operators = entry["operators"]
                self.served.set()
        self.served.set()

    def logged(self, message):
        return [entry for entry in list(self.log) if entry.get("msg") == message]

    def wait_logged(self, message, count=1):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = self.logged(message)
            if len(found) >= count:
                return found
            time.sleep(0.02)
        raise AssertionError(f"never logged: {message}; log: {self.log[-5:]}")

    def stop(self, how=signal.SIGTERM):
        """Ends the process and returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        self.process.stderr.close()
        report = [line for line in self.lines if "Sanitizer" in line]
        if report:
            raise AssertionError("".join(self.lines[self.lines.index(report[0]) :][:80]))
        return code

    def abandon(self):
        """A test that failed may not have come to stopping it."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def call(self, method, path, body=None, headers=None, operators=False):
        connection = http.client.HTTPConnection(self.operators if operators else self.api, timeout=PATIENCE)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def metrics(self):
        """What /metrics shows: a line's name with its labels → its value."""
        text = self.call("GET", "/metrics", operators=True).body.decode()
        rows = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, value in rows}

    def memory_kib(self, field):
        """VmRSS, what the process holds now, or VmHWM, the most it ever held."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(field + ":"))

    def push(self, events, batch=None, compress=False, headers=None):
        body = "".join(json.dumps(event) + "\n" for event in events).encode()
        sent = dict(headers or {})
        if batch:
            sent["Idempotency-Key"] = batch
        if compress:
            body = gzip.compress(body, mtime=0)
            sent["Content-Encoding"] = "gzip"
        return self.call("POST", "/v1/events", body, sent)

    def ask(self, headers=None, **fields):
        return self.call("POST", "/v1/analysis", json.dumps(fields), {"Content-Type": "application/json", **(headers or {})})


def label_events(stream, arm, count, errors, seed, labels=5, pods=3, minutes=10, end_ms=None, reference=True):
    """Events of one arm: `errors` of them carry a label drawn at random instead of the reference."""
    draw = random.Random(seed)
    end = end_ms if end_ms is not None else int(time.time() * 1000)
    events = []
    for i in range(count):
        truth = draw.randrange(labels)
        label = truth if draw.random() >= errors else draw.randrange(labels)
        event = {
            "stream": stream,
            "time": end - draw.randrange(minutes * 60_000),
            "arm": arm,
            "pod": f"{stream}-{arm}-{i % pods}",
            "label": f"s{label}",
        }
        if reference:
            event["reference"] = f"s{truth}"
        events.append(event)
    return events
