"""A `serin serve` of our own for a section: started on free ports, stopped when the section ends."""

import json
import os
import signal
import socket
import subprocess
import time

PATIENCE_S = 30.0


class Server:
    """Use with `with`. `api` and `operators` are (host, port)."""

    def __init__(self, context, name, streams="", prefix=()):
        self.folder = context.path(name)
        os.makedirs(self.folder)
        self.config = os.path.join(self.folder, "serin.yaml")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("listen: 127.0.0.1:0\noperators_listen: 127.0.0.1:0\nlog_format: json\n")
            file.write(f"store: {self.folder}/serin.db\nlog_level: info\n{streams}")
        self.command = [*prefix, os.path.join(context.build, "serin")]
        self.command += ["serve", "--config", self.config]

    def __enter__(self):
        self.log = os.path.join(self.folder, "serin.log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.command, stderr=log)
        try:
            line = self.wait_for_address()
        except Exception:
            self.__exit__()
            raise
        self.api = split_address(line["api"])
        self.operators = split_address(line["operators"])
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def wait_for_address(self):
        """The log line that tells where the service listens."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and self.process.poll() is None:
            with open(self.log, encoding="utf-8") as log:
                for text in log:
                    if text.endswith("\n") and '"serving"' in text:
                        return json.loads(text)
            time.sleep(0.02)
        with open(self.log, encoding="utf-8") as log:
            raise RuntimeError(f"serin serve did not start: {log.read()}")

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)


def split_address(address):
    host, port = address.rsplit(":", 1)
    return host, int(port)


def cpu_seconds(pid):
    """User and system time of a process so far, all threads."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Client:
    """One keep-alive connection that spends as little as possible of its own time."""

    def __init__(self, address):
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, request):
        """Sends the bytes of a request; status code, header block and body of the answer."""
        self.socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.receive()
        head, body = answer.split(b"\r\n\r\n", 1)
        length = int(head.lower().split(b"\r\ncontent-length:", 1)[1].split(b"\r\n", 1)[0])
        while len(body) < length:
            body += self.receive()
        return int(head.split(b" ", 2)[1]), head, body

    def receive(self):
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise RuntimeError("the server closed the connection")
        return piece

    def expect(self, request):
        """The body of an answer that has to be 200."""
        status, _, body = self.ask(request)
        if status != 200:
            raise RuntimeError(f"HTTP {status}: {body[:300].decode(errors='replace')}")
        return body


def get(path):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def post(path, body, *headers):
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
