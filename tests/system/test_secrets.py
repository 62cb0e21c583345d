"""What comes from outside stays one safe line in the log, and what is secret stays out of everything."""

import base64
import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import unittest

from fake_prometheus import FakePrometheus, response
from service import BINARY, PATIENCE, Service, label_events

SECRET = "s3cr3t-canary-7f1c"
EVIL = {
    "a line break": "x\r\nlevel=error msg=forged",
    "a JSON line": 'x"}\n{"level":"error","msg":"forged"}',
    "an escape sequence": "x\x1b[2J\x1b[31mred",
    "a reversal": "x\u202egnp.exe",
    "a line separator": "x\u2028y\u2029z\x85",
    "a bell and a NUL's neighbour": "x\x07\x01\x7f",
    "a C1 control": "x\x9b31m",
    "a zero-width mark": "x\ufefft\u2066y\u2069",
    "a megabyte": "x" * 50_000,
}
FORBIDDEN = [*map(chr, range(0, 10)), *map(chr, range(11, 32)), "\x7f", *map(chr, range(0x80, 0xA0)), "\u2028", "\u2029", "\u202e", "\u2066", "\u2069"]


class Injection(unittest.TestCase):
    def feed(self, service):
        for value in EVIL.values():
            service.ask(stream=value, canary="a", stable="b")
            service.ask(stream="shop", canary=value, stable="b")
            service.ask(stream="shop", canary="a", stable="b", rollout=value, namespace=value)
            service.ask(stream="shop", canary="a", stable="b", design=value)
            service.ask(stream="shop", canary="a", stable="b", **{value[:2000]: 1})
            service.push([dict(label_events("shop", "a", 1, 0, 1)[0], stream=value)])
            service.push([dict(label_events("shop", "a", 1, 0, 1)[0], slices={value: "x"})])
            quoted = "".join(f"%{byte:02X}" for byte in value.encode()[:5000])
            service.call("GET", "/" + quoted)
            service.call("GET", f"/v1/streams/{quoted}/tables?canary=a&stable=b")
            service.call("GET", f"/v1/analysis?{quoted}=1")
        host, port = service.api.rsplit(":", 1)
        for head in (b"GET /\x1b[31m HTTP/1.1\r\nHost: x\r\n\r\n", b"G\x1b[31m / HTTP/1.1\r\nHost: x\r\n\r\n", b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nIdempotency-Key: x\x1b[31m\xe2\x80\xae\r\n\r\n{"):
            peer = socket.create_connection((host, int(port)), timeout=PATIENCE)
            peer.sendall(head)
            peer.settimeout(1)
            try:
                peer.recv(65536)
            except OSError:
                pass
            peer.close()

    def check(self, log_format):
        service = Service(f"log_format: {log_format}\nstreams: [{{name: shop}}]\n").start()
        self.addCleanup(shutil.rmtree, service.folder)
        self.feed(service)
        self.assertEqual(service.stop(), 0)
        self.assertTrue(service.logged("request refused"))
        self.assertGreater(len(service.lines), 20)
        for line, entry in zip(service.lines, service.log):
            self.assertIn(entry["level"], ("info", "warning"))
            self.assertNotEqual(entry["msg"], "forged")
            self.assertLessEqual(len(line.encode()), 4096)
            for character in FORBIDDEN:
                self.assertNotIn(character, line)

    def test_json_lines_stay_lines(self):
        self.check("json")

    def test_logfmt_lines_stay_lines(self):
        self.check("logfmt")


class Secrets(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="serin-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def test_nothing_of_a_request_or_a_source_gives_them_away(self):
        echo = lambda peer, request: peer.sendall(response(b"no entry for " + request.head, "403 Forbidden"))
        fake = FakePrometheus({"echo": echo})
        self.addCleanup(fake.close)
        service = Service("")
        self.addCleanup(shutil.rmtree, service.folder)
        digest = hashlib.sha256(b"a-good-token").hexdigest()
        tokens = service.write("tokens.yaml", f"tokens: [{{name: argo, sha256: {digest}, streams: ['*'], rights: [analyze]}}]\n")
        token_file = service.write("source-token", SECRET + "-file\n")
        sources = ""
        for name, credentials in {"bearer": f"bearer_token: {SECRET}-bearer", "file": f"bearer_token_file: {token_file}", "basic": f"username: me, password: {SECRET}-basic"}.items():
            sources += f"  - {{name: {name}, type: prometheus, url: 'http://{fake.address}/echo', {credentials}}}\n"
        streams = "".join(f"  - {{name: {name}, source: {name}, metric: m, reference: r, label: l, pod: p, arm: {{label: h}}}}\n" for name in ("bearer", "file", "basic"))
        service.config = f"log_level: debug\nauth: {{tokens: {tokens}}}\nsources:\n{sources}streams:\n{streams}"
        service.start()
        seen = []

        def call(method, path, body=None, headers=None, operators=False):
            answer = service.call(method, path, body, headers, operators)
            seen.append(answer.body.decode() + str(answer.headers))
            return answer

        question = json.dumps({"stream": "bearer", "canary": "a", "stable": "b"})
        for scheme in ("Bearer ", "bearer  ", "Basic ", "Token ", ""):
            self.assertEqual(call("POST", "/v1/analysis", question, {"Authorization": scheme + SECRET}).status, 401)
        good = {"Authorization": "Bearer a-good-token"}
        call("GET", f"/v1/analysis?access_token={SECRET}&stream=bearer&canary=a&stable=b", None, good)
        call("GET", "/v1/analysis?stream=bearer&canary=a&stable=b", None, {**good, "Cookie": SECRET, "X-Api-Key": SECRET, "User-Agent": SECRET})
        call("POST", "/v1/analysis?" + SECRET, question, good)
        for stream in ("bearer", "file", "basic"):
            answer = call("GET", f"/v1/analysis?stream={stream}&canary=a&stable=b", None, good)
            self.assertEqual(answer.status, 502, answer.body)
        call("GET", "/metrics", operators=True)
        self.assertEqual(service.stop(), 0)
        self.assertTrue(any(SECRET in head.decode() for head in fake.heads), "the source did get its credential")
        for secret in (SECRET, "a-good-token", base64.b64encode(f"me:{SECRET}-basic".encode()).decode()):
            for text in seen + service.lines:
                self.assertNotIn(secret, text)

    def test_nothing_of_a_refused_configuration_does(self):
        for text in (
            f"sources: [{{name: p, type: prometheus, url: 'http://h', bearer_token: [{SECRET}]}}]",
            f"sources: [{{name: p, type: prometheus, url: 'http://me:{SECRET}@h'}}]",
            f"sources: [{{name: p, type: prometheus, url: 'http://h', bearer_token: {SECRET}, username: me}}]",
            f"sources: [{{name: p, type: prometheus, url: 'http://h', bearer_token: \"{SECRET}\\n\"}}]",
            f"sources: [{{name: p, type: prometheus, url: 'http://h', password: {SECRET}}}]",
            f"sources: [{{name: p, type: prometheus, url: 'http://h', password: {{a: {SECRET}}}}}]",
        ):
            with self.subTest(text):
                path = os.path.join(self.folder, "serin.yaml")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
                done = subprocess.run([BINARY, "serve", "--config", path, "--check-config"], capture_output=True, timeout=PATIENCE)
                self.assertEqual(done.returncode, 4, done)
                self.assertNotIn(SECRET.encode(), done.stdout + done.stderr)

    def test_nor_of_a_refused_token_file(self):
        good = hashlib.sha256(b"x").hexdigest()
        for row in (f"{{name: a, sha256: {SECRET}, streams: ['*'], rights: [push]}}", f"{{name: a, sha256: {SECRET}{'0' * (64 - len(SECRET))}, streams: ['*'], rights: [push]}}", f"{{name: a, sha256: [{SECRET}], streams: ['*'], rights: [push]}}", f"{{name: a, token: {SECRET}, sha256: {good}, streams: ['*'], rights: [push]}}"):
            with self.subTest(row):
                service = Service("")
                self.addCleanup(shutil.rmtree, service.folder)
                service.config = f"auth: {{tokens: {service.write('tokens.yaml', f'tokens: [{row}]')}}}\n"
                with self.assertRaises(RuntimeError) as raised:
                    service.start()
                self.assertNotIn(SECRET, str(raised.exception))
                self.assertIn("tokens", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
