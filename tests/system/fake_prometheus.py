"""A Prometheus that answers as badly as it is told to. The first part of the path names the manner."""

import json
import random
import socket
import threading
import time
import urllib.parse

MINUTES = 10
PODS = 3
LABELS = 5


def series(arm, errors=0.1, value=str):
    """Counters of one arm: a sample each half minute, whole numbers, known for good."""
    draw = random.Random(arm)
    now = int(time.time())
    out = []
    for pod in range(PODS):
        for reference in range(LABELS):
            for label in range(LABELS):
                total, values = 0, []
                for step in range(2 * MINUTES):
                    rate = 60 * (1 - errors) if reference == label else 60 * errors / (LABELS - 1)
                    total += int(rate * draw.uniform(0.8, 1.2))
                    values.append([now - 30 * (2 * MINUTES - step), value(total)])
                metric = {"hash": arm, "pod": f"{arm}-{pod}", "want": f"s{reference}", "got": f"s{label}"}
                out.append({"metric": metric, "values": values})
    return out


def document(result, **more):
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}, **more}).encode()


def response(body, status="200 OK", headers=(), length=None):
    head = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


class Request:
    def __init__(self, manner, query, prefix, head):
        self.manner = manner
        self.prefix = prefix
        self.head = head
        self.asks_start_times = "process_start_time" in query
        self.arm = "canary" if '"canary' in query else "stable"

    def good(self, **change):
        if self.asks_start_times:
            return document([])
        return document(series(self.arm, **change))


class FakePrometheus:
    """`manners` maps a name to a function of (socket, request) that answers and may hang."""

    def __init__(self, manners):
        self.manners = manners
        self.requests = []
        self.heads = []
        self.released = threading.Event()  # what hangs waits for this
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def close(self):
        self.released.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()

    def _accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        with peer:
            try:
                request = self._read(peer)
                if request:
                    self.requests.append(request.manner)
                    self.manners[request.manner](peer, request)
            except OSError:
                pass

    def _read(self, peer):
        got = b""
        while b"\r\n\r\n" not in got:
            piece = peer.recv(65536)
            if not piece:
                return None
            got += piece
        head, _, body = got.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        length = next((int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:")), 0)
        while len(body) < length:
            body += peer.recv(65536)
        path = lines[0].split(" ")[1]
        query = urllib.parse.unquote_plus((urllib.parse.urlsplit(path).query + "&" + body.decode()))
        self.heads.append(head)
        return Request(path.split("/")[1], query, "http://" + self.address, head)
