"""Input that is malformed, hostile or merely enormous: a clear refusal or a flagged answer, nothing kept of it, memory within bounds."""

import gzip
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import zlib

from service import BINARY, PATIENCE, SANITIZED, Service, label_events

STREAMS = "streams: [{name: shop, slices: [region], analysis: {min_samples: 300}}, {name: edge}, {name: other, analysis: {min_samples: 300}}, {name: wide, analysis: {min_samples: 300}}]\n"
NOW = int(time.time() * 1000)
MEBI = 1024  # in KiB, as memory is told


def line(**change):
    event = {"stream": "shop", "time": NOW, "arm": "a", "pod": "p", "label": "x", "reference": "y", **change}
    return json.dumps({name: value for name, value in event.items() if value is not None}).encode()


def raw(field, text):
    """A line whose `field` has the given text for its value, whether that is JSON or not."""
    return line(**{field: "@@"}).replace(b'"@@"', text)


def assert_memory(case, kib, limit_kib):
    if not SANITIZED:
        case.assertLess(kib, limit_kib)


class ServiceCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service(STREAMS).start()

    @classmethod
    def tearDownClass(cls):
        code = cls.service.stop()
        shutil.rmtree(cls.service.folder)
        assert code == 0, code

    def assert_problem(self, answer, *codes):
        self.assertIn(answer.status, codes, answer.body[:400])
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        self.assertEqual(int(answer.headers["Content-Length"]), len(answer.body))
        problem = answer.json()
        self.assertTrue(problem["detail"])
        self.assertNotIn("\n", problem["detail"])
        return problem

    def samples(self, arm="a"):
        return self.service.ask(stream="shop", canary=arm, stable="nobody").json()["canary"]["samples"]


class Events(ServiceCase):
    def refuse(self, body, *codes, headers=None):
        before = self.samples()
        problem = self.assert_problem(self.service.call("POST", "/v1/events", body, headers), *codes)
        self.assertEqual(self.samples(), before, "nothing of a refused batch is counted")
        return problem

    def test_lines_that_are_no_events(self):
        lines = {
            "cut short": line()[:-1],
            "not JSON": b"stream=shop",
            "a list": b"[1, 2]",
            "a number": b"12",
            "two on a line": line() + b" " + line(),
            "an empty object": b"{}",
            "a trailing comma": line()[:-1] + b",}",
            "single quotes": line().replace(b'"', b"'"),
            "a comment": line() + b" // c",
            "NaN": raw("count", b"NaN"),
            "a NUL byte": line().replace(b'"x"', b'"x\x00"'),
            "an escaped NUL": raw("label", b'"x\\u0000"'),
            "a bare control character": line().replace(b'"x"', b'"x\x01"'),
            "invalid UTF-8": line().replace(b'"x"', b'"\xc3\x28"'),
            "overlong UTF-8": line().replace(b'"x"', b'"\xc0\xaf"'),
            "a surrogate in UTF-8": line().replace(b'"x"', b'"\xed\xa0\x80"'),
            "half a surrogate pair": raw("label", b'"\\ud800"'),
            "a byte order mark in the middle": b"\xef\xbb\xbf" + line(),
            "a key twice": line()[:-1] + b', "label": "z"}',
            "an unknown key": line(refrence="x"),
            "a label that is a number": line(label=5),
            "a label that is null": raw("label", b"null"),
            "an empty label": line(label=""),
            "an endless label": line(label="x" * 100_000),
            "no label and no key": line(label=None),
            "no arm": line(arm=None),
            "no pod": line(pod=None),
            "no time": line(time=None),
            "an unknown slice": line(slices={"planet": "mars"}),
            "slices that are a list": line(slices=["eu"]),
            "a slice that is a number": line(slices={"region": 1}),
        }
        for text in (b"-1", b"0", b"-0", b"1.5", b"1e400", b"-1e400", b"18446744073709551616", b"9007199254740993", b"1e-3", b'"7"', b"true", b"[1]", b"0x10", b"01", b"+1", b"1" * 5000):
            lines["count " + text[:12].decode()] = raw("count", text)
        for text in (b'"noon"', b'"2026-02-30T00:00:00Z"', b'"2026-01-01 00:00"', b"0", b"-5", b"1e400", b"99999999999999999999", b"%d.5" % NOW, b'""', b"%d" % (NOW + 10**8), b"%d" % (NOW // 1000)):
            lines["time " + text[:24].decode()] = raw("time", text)
        for name, bad in lines.items():
            with self.subTest(name):
                problem = self.refuse(line() + b"\n" + bad + b"\n" + line() + b"\n", 422, 413)
                self.assertIn("line 2", problem["detail"] + problem.get("field", ""))

    def test_blank_lines_are_no_fault(self):
        before = self.samples("calm")
        body = line(arm="calm") + b"\r\n\n  \n" + line(arm="calm", count=2)
        self.assertEqual(self.service.call("POST", "/v1/events", body).json(), {"accepted": 2})
        self.assertEqual(self.samples("calm"), before + 3)

    def test_numbers_at_the_edge_are_exact(self):
        body = line(stream="edge", count=9007199254740991)
        samples = lambda: self.service.ask(stream="edge", canary="a", stable="nobody").json()["canary"]["samples"]
        self.assertEqual(self.service.call("POST", "/v1/events", body).status, 200)
        self.assertEqual(samples(), 9007199254740991)
        self.assert_problem(self.service.call("POST", "/v1/events", body), 422)
        self.assertEqual(samples(), 9007199254740991)

    def test_bodies_that_are_no_gzip(self):
        packed = gzip.compress(line() * 1, mtime=0)
        bodies = {
            "not gzip": line(),
            "empty": b"",
            "cut short": packed[:-4],
            "cut in the middle": packed[: len(packed) // 2],
            "a wrong checksum": packed[:-8] + b"\x00\x00\x00\x00" + packed[-4:],
            "a wrong length": packed[:-4] + b"\x01\x00\x00\x00",
            "a tail": packed + b"tail",
            "only a head": packed[:10],
            "zlib, not gzip": zlib.compress(line()),
            "a broken middle": packed[:20] + b"\xff\xff\xff\xff" + packed[24:],
        }
        for name, body in bodies.items():
            with self.subTest(name):
                answer = self.service.call("POST", "/v1/events", body, {"Content-Encoding": "gzip"})
                if name == "empty":
                    self.assertIn(answer.status, (200, 400, 422))
                else:
                    self.assert_problem(answer, 400, 422)

    def test_two_gzip_members_are_one_body(self):
        before = self.samples("members")
        body = gzip.compress(line(arm="members") + b"\n") + gzip.compress(line(arm="members"))
        answer = self.service.call("POST", "/v1/events", body, {"Content-Encoding": "gzip"})
        self.assertEqual(answer.json(), {"accepted": 2})
        self.assertEqual(self.samples("members"), before + 2)

    def test_an_unknown_encoding_is_415(self):
        for coding in ("br", "deflate", "gzip, gzip", "zstd"):
            answer = self.service.call("POST", "/v1/events", line(), {"Content-Encoding": coding})
            self.assert_problem(answer, 415)
            self.assertEqual(answer.json()["field"], "Content-Encoding")
            self.assertIn("allowed: gzip, identity", answer.json()["detail"])


class Questions(ServiceCase):
    good = {"stream": "shop", "canary": "a", "stable": "b"}

    def test_bodies_that_are_no_questions(self):
        bodies = {
            "deep lists": b"[" * 60_000,
            "deep objects": b'{"a":' * 12_000,
            "many keys": json.dumps({f"k{i}": i for i in range(4000)}).encode(),
            "NUL": b'{"stream":"sh\x00op"}',
            "an escaped NUL": b'{"stream":"sh\\u0000op","canary":"a","stable":"b"}',
            "invalid UTF-8": b'{"stream":"\xff"}',
            "a huge number": b'{"stream":"shop","canary":"a","stable":"b","margin":1e400}',
            "two documents": b"{}{}",
            "a mark": b"\xef\xbb\xbf" + json.dumps(self.good).encode(),
            "a text": b'"shop"',
            "null": b"null",
        }
        for name, body in bodies.items():
            with self.subTest(name):
                self.assert_problem(self.service.call("POST", "/v1/analysis", body), 400, 422)

    def test_fields_out_of_bounds(self):
        for field, values in {
            "margin": ("-0.1", "0", "1", "2", "null0", '"0.1"', "1e-400", "[0.1]", "true"),
            "level": ("0", "1", "-1", "1.5", "0.4", '"high"'),
            "min_samples": ("-1", "1.5", "18446744073709551616", "1e30", '"many"'),
            "window": ('"-5m"', '"5"', "5", '"999999999999d"', '"m"', '""'),
            "slices": ('"region,planet"', '["planet"]', "[1]", "7", '["region","region"]'),
            "design": ('"magic"', "1", '""', '"REFERENCE"'),
            "stream": ("1", "null", '""', "[]", '"' + "x" * 5000 + '"'),
            "canary": ("1", "null", '""', '"{{args.hash}}"', '"a\\nb"', '"' + "x" * 5000 + '"'),
            "rollout": ("1", '"' + "x" * 50_000 + '"'),
            "surprise": ("1",),
        }.items():
            for value in values:
                with self.subTest(field=field, value=value[:40]):
                    fields = json.dumps({**self.good, field: "@@"}).replace('"@@"', value)
                    problem = self.assert_problem(self.service.call("POST", "/v1/analysis", fields), 400, 404, 422)
                    if field in problem.get("field", field):
                        continue
                    self.fail(problem)


class Enormous(ServiceCase):
    """Memory is bounded by what one body may hold, not by what it claims to hold."""

    def send_endless(self, head, piece):
        """Sends until the other side has had enough; returns the status and how much it took."""
        host, port = self.service.api.rsplit(":", 1)
        peer = socket.create_connection((host, int(port)), timeout=PATIENCE)
        sent = 0
        try:
            peer.sendall(head)
            while sent < 1 << 30:
                peer.sendall(piece)
                sent += len(piece)
        except OSError:
            pass
        got = b""
        try:
            got = peer.recv(65536)
        except OSError:
            pass
        peer.close()
        return (int(got.split(b" ")[1]) if got.startswith(b"HTTP/1.1") else None), sent

    def test_a_body_of_a_gibibyte(self):
        before = self.service.memory_kib("VmHWM")
        for path in ("/v1/events", "/v1/analysis", "/v1/streams", "/nowhere"):
            declared = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {1 << 30}\r\n\r\n".encode()
            chunked = f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
            for head, piece in ((declared, b" " * 65536), (chunked, b"10000\r\n" + b" " * 65536 + b"\r\n")):
                with self.subTest(path=path, head=head[-40:]):
                    status, sent = self.send_endless(head, piece)
                    self.assertIn(status, (413, 404, 405, None))
                    self.assertLess(sent, 64 << 20)
        assert_memory(self, self.service.memory_kib("VmHWM") - before, 24 * MEBI)

    def test_a_gibibyte_is_refused_before_it_is_sent(self):
        host, port = self.service.api.rsplit(":", 1)
        peer = socket.create_connection((host, int(port)), timeout=PATIENCE)
        peer.sendall(f"POST /v1/events HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {1 << 30}\r\n\r\n".encode())
        self.assertTrue(peer.recv(65536).startswith(b"HTTP/1.1 413"))
        peer.close()

    def test_bombs_and_trees(self):
        before = self.service.memory_kib("VmHWM")
        deep = b'{"stream":"shop","slices":' + b'{"a":' * 100_000
        bodies = {
            "a gzip bomb": (gzip.compress(b" " * 200_000_000, 9), "gzip"),
            "a bomb of lines": (gzip.compress(line() + b"\n" + b"\n" * 100_000_000, 9), "gzip"),
            "a bomb of one line": (gzip.compress(line()[:-3] + b"x" * 100_000_000, 9), "gzip"),
            "100k deep objects": (deep, None),
            "100k deep lists": (b"[" * 100_000, None),
            "a million keys": (b"{" + b",".join(b'"%d":1' % i for i in range(700_000)) + b"}", None),
            "one line of 8 MB": (b'{"label":"' + b"x" * 8_000_000 + b'"}', None),
        }
        for name, (body, coding) in bodies.items():
            with self.subTest(name):
                answer = self.service.call("POST", "/v1/events", body, {"Content-Encoding": coding} if coding else None)
                self.assert_problem(answer, 400, 413, 422)
        assert_memory(self, self.service.memory_kib("VmHWM") - before, 24 * MEBI)

    def test_many_uploads_at_once_are_told_to_wait(self):
        host, port = self.service.api.rsplit(":", 1)
        head = b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n"
        peers = []
        for _ in range(40):
            peer = socket.create_connection((host, int(port)), timeout=PATIENCE)
            peer.sendall(head + b" " * 4_000_000)
            peers.append(peer)
        self.assertEqual(self.service.ask(stream="shop", canary="a", stable="b").status, 200)
        for peer in peers:
            peer.sendall(b" " * 4_000_000)
        codes = [int(peer.recv(65536).split(b" ")[1]) for peer in peers]
        for peer in peers:
            peer.close()
        self.assertLessEqual(set(codes), {200, 413, 422, 503})
        self.assertIn(503, codes)
        assert_memory(self, self.service.memory_kib("VmHWM"), 200 * MEBI)
        self.assertEqual(self.service.push(label_events("other", "late", 10, 0, 1)).status, 200)


class ManyLabels(unittest.TestCase):
    """A million distinct labels: the tail is folded and said to be; other streams do not notice."""

    def test_pushed_over_http(self):
        service = Service(STREAMS).start()
        self.addCleanup(shutil.rmtree, service.folder)
        answers = []
        done = threading.Event()

        def ask_meanwhile():
            while not done.is_set():
                answers.append(service.ask(stream="other", canary="canary", stable="stable"))
                done.wait(0.1)

        for arm in ("canary", "stable"):
            self.assertEqual(service.push(label_events("other", arm, 2000, 0.1, arm), batch=arm).status, 200)
        meanwhile = threading.Thread(target=ask_meanwhile)
        meanwhile.start()
        now = int(time.time() * 1000)
        for first in range(0, 1_000_000, 50_000):
            arm = ("canary", "stable")[first // 50_000 % 2]
            rows = (b'{"stream":"wide","time":%d,"arm":"%s","pod":"p%d","label":"l%d","reference":"r%d"}' % (now - i * 7919 % 300_000, arm.encode(), i % 3, i, i % 50) for i in range(first, first + 50_000))
            answer = service.call("POST", "/v1/events", gzip.compress(b"\n".join(rows), 1), {"Content-Encoding": "gzip"})
            self.assertEqual(answer.json(), {"accepted": 50_000})
        done.set()
        meanwhile.join()
        self.assertTrue(answers)
        self.assertEqual({answer.status for answer in answers}, {200})
        got = service.ask(stream="wide", canary="canary", stable="stable")
        self.assertEqual(got.status, 200, got.body)
        document = got.json()
        self.assertNotEqual(document["verdict"], "promote", document)
        self.assertIn("labels_capped", [document["reason"], *document["warnings"]])
        self.assertEqual(document["canary"]["samples"] + document["stable"]["samples"], 1_000_000)
        assert_memory(self, service.memory_kib("VmHWM"), 256 * MEBI)
        self.assertEqual(service.stop(), 0)

    def test_in_a_file(self):
        folder = tempfile.mkdtemp(prefix="serin-test-")
        self.addCleanup(shutil.rmtree, folder)
        for arm in ("canary", "stable"):
            with gzip.open(f"{folder}/{arm}.csv.gz", "wt", compresslevel=1) as file:
                file.write("reference,label\n")
                file.writelines(f"r{i % 50},l{i}\n" for i in range(1_000_000))
        process = subprocess.Popen([BINARY, "compare", "--canary", f"{folder}/canary.csv.gz", "--stable", f"{folder}/stable.csv.gz", "--json"], stdout=subprocess.PIPE)
        document = json.loads(process.stdout.read())
        process.stdout.close()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertIn("labels_capped", [document["reason"], *document["warnings"]])
        self.assertIn((document["verdict"], process.returncode), (("inconclusive", 3), ("rollback", 1)))
        self.assertEqual(document["canary"]["samples"], 1_000_000)
        assert_memory(self, used.ru_maxrss, 256 * MEBI)


class Configurations(unittest.TestCase):
    def test_files_that_are_no_configuration(self):
        folder = tempfile.mkdtemp(prefix="serin-test-")
        self.addCleanup(shutil.rmtree, folder)
        bombs = b"a: &a [x,x]\n" + b"".join(b"b%d: &b%d [*a,*a]\n" % (i, i) for i in range(30))
        files = {
            "aliases": (bombs, "line 1"),
            "a tag": (b"listen: !!python/object x\n", "line 1"),
            "a key twice": (b"listen: 127.0.0.1:1\nstore: x\nlisten: 127.0.0.1:2\n", "line 3"),
            "a tab": (b"limits:\n\tworkers: 3\n", "line 2"),
            "two documents": (b"listen: 127.0.0.1:1\n---\nstore: y\n", "line 2"),
            "10 MB": (b"# " + b"x" * 10_000_000, "larger than"),
            "deep": (b"streams: " + b"[" * 100_000, "line 1"),
            "many keys": (b"".join(b"k%d: 1\n" % i for i in range(20_000)), "line"),
            "invalid UTF-8": (b"store: \xff\xfe\n", ""),
            "NUL": (b"store: a\x00b\n", ""),
            "UTF-16": ("store: x\n".encode("utf-16"), ""),
            "a list": (b"- listen\n", "line 1"),
            "a scalar": (b"listen\n", "line 1"),
            "an open quote": (b'store: "x\n', "line"),
            "an unknown key": (b"store: x\nstroe: y\n", "line 2"),
            "a word for a number": (b"limits: {workers: many}\n", "line 1"),
            "a number too large": (b"limits: {workers: 1e400}\n", "line 1"),
            "a fraction": (b"limits: {workers: 1.5}\n", "line 1"),
            "a negative number": (b"limits: {workers: -1}\n", "line 1"),
            "beyond the limit": (b"limits: {workers: 257}\n", "line 1"),
            "a wrong duration": (b"deadline: soon\n", "line 1"),
            "an open address": (b"listen: 0.0.0.0:8080\n", "auth"),
            "no address": (b"listen: here\n", "listen"),
        }
        for name, (text, says) in files.items():
            with self.subTest(name):
                path = os.path.join(folder, "serin.yaml")
                with open(path, "wb") as file:
                    file.write(text)
                done = subprocess.run([BINARY, "serve", "--config", path, "--check-config"], capture_output=True, timeout=PATIENCE)
                self.assertEqual(done.returncode, 4, done)
                message = done.stderr.decode()
                self.assertEqual(message.count("\n"), 1, message)
                self.assertIn(says, message)
                self.assertLess(len(message), 700)

    def test_a_byte_order_mark_is_no_fault(self):
        folder = tempfile.mkdtemp(prefix="serin-test-")
        self.addCleanup(shutil.rmtree, folder)
        path = os.path.join(folder, "serin.yaml")
        with open(path, "wb") as file:
            file.write(b"\xef\xbb\xbfstreams: [{name: shop}]\r\n")
        self.assertEqual(subprocess.run([BINARY, "serve", "--config", path, "--check-config"], capture_output=True).returncode, 0)


if __name__ == "__main__":
    unittest.main()
