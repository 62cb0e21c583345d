"""Peers that dawdle, vanish, never listen or talk nonsense: honest ones are answered, nothing leaks."""

import json
import os
import shutil
import socket
import threading
import time
import unittest

from fake_prometheus import FakePrometheus, document, response
from service import BINARY, PATIENCE, SANITIZED, Service, label_events

STREAMS = "streams: [{name: shop, analysis: {min_samples: 300}}]\n"
CROWD = 200


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("never happened: " + what)


class PeerCase(unittest.TestCase):
    config = STREAMS

    @classmethod
    def setUpClass(cls):
        cls.service = Service(cls.config).start()

    @classmethod
    def tearDownClass(cls):
        code = cls.service.stop()
        shutil.rmtree(cls.service.folder)
        assert code == 0, f"exit code {code}"

    def connect(self, first=b""):
        host, port = self.service.api.rsplit(":", 1)
        peer = socket.create_connection((host, int(port)), timeout=PATIENCE)
        self.addCleanup(peer.close)
        peer.sendall(first)
        return peer

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.service.process.pid}/fd"))

    def assert_honest_client_is_answered(self):
        self.assertEqual(self.service.call("GET", "/v1/streams").status, 200)
        self.assertEqual(self.service.ask(stream="shop", canary="a", stable="b").status, 200)
        event = label_events("shop", "a", 1, 0, 1)
        self.assertEqual(self.service.push(event).status, 200)

    def talk(self, request):
        """Sends bytes, and returns all that came back until the other side closed or fell silent."""
        peer = self.connect()
        got = b""
        try:
            peer.sendall(request)
            while True:
                piece = peer.recv(65536)
                if not piece:
                    break
                got += piece
                peer.settimeout(1)
        except (ConnectionError, socket.timeout):
            pass
        peer.close()
        return got


def has_ended(peer):
    """Whether the other side has closed; what it sent before does not matter."""
    try:
        while True:
            if not peer.recv(65536):
                return True
    except (BlockingIOError, socket.timeout):
        return False
    except ConnectionError:
        return True


class Stalling(PeerCase):
    config = "limits: {header_timeout: 1s, body_timeout: 2s, idle_timeout: 3s}\n" + STREAMS

    def crowd(self, first):
        peers = [self.connect(first) for _ in range(CROWD)]
        for peer in peers:
            peer.setblocking(False)
        return peers

    def assert_all_are_closed(self, peers, drip):
        """Each goes on sending a byte now and then, which must not help it."""
        waiting = list(peers)

        def all_ended():
            for peer in list(waiting):
                try:
                    peer.send(drip)
                except BlockingIOError:
                    pass
                except OSError:
                    waiting.remove(peer)
                    continue
                if has_ended(peer):
                    waiting.remove(peer)
            return not waiting

        wait_until(all_ended, "every slow peer is closed")

    def check(self, first, drip):
        before = self.descriptors()
        peers = self.crowd(first)
        self.assert_honest_client_is_answered()
        self.assert_all_are_closed(peers, drip)
        wait_until(lambda: self.descriptors() <= before, "descriptors are back")
        self.assert_honest_client_is_answered()

    def test_two_hundred_that_say_nothing(self):
        peers = self.crowd(b"")
        self.assert_honest_client_is_answered()
        wait_until(lambda: all(has_ended(peer) for peer in peers), "every silent peer is closed")

    def test_two_hundred_that_drip_headers(self):
        self.check(b"GET /v1/streams HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"x")

    def test_two_hundred_that_drip_bodies(self):
        self.check(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{", b" ")

    def test_two_hundred_that_drip_chunks(self):
        self.check(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", b"1\r\n \r\n")

    def test_two_hundred_that_go_idle_after_an_answer(self):
        peers = self.crowd(b"GET /v1/streams HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assert_honest_client_is_answered()
        wait_until(lambda: all(has_ended(peer) for peer in peers), "every idle peer is closed")


class Flood(PeerCase):
    config = "limits: {connections: 64, header_timeout: 60s}\n" + STREAMS

    def test_more_idle_connections_than_there_are_places(self):
        before = self.descriptors()
        peers = [self.connect(b"GET /v1/streams HTTP/1.1\r\n") for _ in range(CROWD)]
        self.assert_honest_client_is_answered()
        self.assertLess(self.descriptors() - before, 64 + 8)
        for peer in peers:
            peer.close()
        wait_until(lambda: self.descriptors() <= before, "descriptors are back")


class FewDescriptors(unittest.TestCase):
    """More peers than the system has descriptors for."""

    def test_honest_clients_are_answered_and_the_operator_is_told(self):
        service = Service(STREAMS)
        self.addCleanup(shutil.rmtree, service.folder)
        service.binary = service.write("few", f'#!/bin/sh\nulimit -n 100\nexec "{os.path.abspath(BINARY)}" "$@"\n')
        os.chmod(service.binary, 0o755)
        service.start()
        self.assertEqual((service.log[0]["descriptors"], service.log[0]["connections"]), (100, 51))
        host, port = service.api.rsplit(":", 1)
        peers = []
        for _ in range(CROWD):
            peers.append(socket.create_connection((host, int(port)), timeout=PATIENCE))
        self.assertEqual(service.call("GET", "/v1/streams").status, 200)
        self.assertEqual(service.push(label_events("shop", "a", 1, 0, 1)).status, 200)
        for peer in peers:
            peer.close()
        self.assertEqual(service.stop(), 0)


class Deaf(PeerCase):
    """Peers that ask for much and never read it."""

    config = "limits: {body_timeout: 2s}\nstreams: [{name: wide}]\n"

    def test_who_does_not_take_the_answer_is_closed(self):
        now = int(time.time() * 1000)
        events = [{"stream": "wide", "time": now, "arm": "a", "pod": "p", "label": f"label-{i:0>40}", "reference": f"r{i % 100}"} for i in range(10_000)]
        self.assertEqual(self.service.push(events).status, 200)
        path = "/v1/streams/wide/tables?canary=a&stable=b"
        size = len(self.service.call("GET", path).body)
        self.assertGreater(size, 400_000)
        before = self.descriptors()
        host, port = self.service.api.rsplit(":", 1)
        for _ in range(20):
            peer = socket.socket()
            self.addCleanup(peer.close)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.connect((host, int(port)))
            peer.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 50)
        self.assertEqual(self.service.call("GET", "/v1/streams").status, 200)
        wait_until(lambda: self.descriptors() <= before, "deaf peers are closed")


class Vanishing(unittest.TestCase):
    """A peer that is gone before its analysis has ended."""

    def test_nothing_is_kept_of_two_hundred(self):
        def slow(peer, request):
            fake.released.wait(0.05)
            peer.sendall(response(document([])))

        fake = FakePrometheus({"slow": slow})
        self.addCleanup(fake.close)
        service = Service(
            f"sources: [{{name: slow, type: prometheus, url: 'http://{fake.address}/slow'}}]\n"
            "streams: [{name: shop, source: slow, metric: m, reference: r, label: l, pod: p, arm: {label: h}}]\n"
        ).start()
        self.addCleanup(shutil.rmtree, service.folder)
        fds = lambda: len(os.listdir(f"/proc/{service.process.pid}/fd"))
        host, port = service.api.rsplit(":", 1)

        def vanish(number):
            body = json.dumps({"stream": "shop", "canary": f"c{number}", "stable": "s"}).encode()
            peer = socket.create_connection((host, int(port)), timeout=PATIENCE)
            peer.sendall(b"POST /v1/analysis HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            asked = len(fake.requests)
            if number % 2:
                wait_until(lambda: len(fake.requests) > asked, "the analysis has begun")
            peer.close()

        def round_of(first, count):
            for number in range(first, first + count):
                vanish(number)
            wait_until(lambda: service.metrics()["serin_http_requests_in_flight"] == 1, "all analyses have ended")

        round_of(0, 50)
        before, memory = fds(), service.memory_kib("VmRSS")
        round_of(1000, 200)
        wait_until(lambda: fds() <= before + 2, "descriptors are back")
        if not SANITIZED:
            self.assertLess(service.memory_kib("VmRSS"), memory + 4096)
        self.assertEqual(service.stop(), 0)


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else None


class Nonsense(PeerCase):
    """Requests that are no HTTP, or two kinds of HTTP at once."""

    def assert_refused(self, request, codes=(400,)):
        """Refused, and nothing behind it on the connection is taken for a request."""
        got = self.talk(request)
        self.assertIn(status_of(got), codes, got[:500])
        self.assertNotIn(b'"streams"', got)
        self.assertNotIn(b"HTTP/1.1 2", got)

    config = "limits: {header_timeout: 1s, body_timeout: 1s}\n" + STREAMS
    hidden = b"GET /v1/streams HTTP/1.1\r\nHost: x\r\n\r\n"

    def test_a_body_of_two_lengths_is_never_read_as_a_second_request(self):
        head = b"POST /v1/analysis HTTP/1.1\r\nHost: x\r\n"
        chunked = b"Transfer-Encoding: chunked\r\n"
        cases = {
            "length and chunks": head + b"Content-Length: 6\r\n" + chunked + b"\r\n0\r\n\r\n" + self.hidden,
            "chunks and length": head + chunked + b"Content-Length: 6\r\n\r\n0\r\n\r\n" + self.hidden,
            "two lengths": head + b"Content-Length: 5\r\nContent-Length: 0\r\n\r\n" + self.hidden,
            "a list of lengths": head + b"Content-Length: 0, 5\r\n\r\n" + self.hidden,
            "unknown coding": head + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + self.hidden,
            "chunked twice": head + chunked + chunked + b"\r\n0\r\n\r\n" + self.hidden,
            "chunked, then gzip": head + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n" + self.hidden,
            "a space before the colon": head + b"Content-Length : 0\r\n\r\n" + self.hidden,
            "a folded length": head + b"Content-Length:\r\n 5\r\n\r\n" + self.hidden,
            "a length folded in the middle": head + b"Content-Length: 0\r\n\t5\r\n\r\n" + self.hidden,
            "a folded coding": head + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + self.hidden,
        }
        for name, request in cases.items():
            with self.subTest(name):
                self.assert_refused(request)

    def test_lengths_that_are_no_lengths(self):
        for length in (b"-1", b"+5", b"5x", b"0x5", b"1e3", b"", b"99999999999999999999999", b"18446744073709551616", b"5 5"):
            with self.subTest(length):
                self.assert_refused(b"POST /v1/analysis HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + b"\r\n\r\n{}" + self.hidden, (400, 413))

    def test_chunks_that_are_no_chunks(self):
        for body in (b"zz\r\n{}\r\n0\r\n\r\n", b"-1\r\n{}\r\n0\r\n\r\n", b"ffffffffffffffffff\r\n{}", b"2\r\n{}xx\r\n0\r\n\r\n", b"2;" + b"x" * 100_000 + b"\r\n{}\r\n0\r\n\r\n"):
            with self.subTest(body[:20]):
                got = self.talk(b"POST /v1/analysis HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body + self.hidden)
                self.assertNotIn(b'"streams"', got)
                self.assertNotIn(b"HTTP/1.1 200", got)

    def test_heads_that_are_too_large_or_broken(self):
        get = b"GET /v1/streams HTTP/1.1\r\nHost: x\r\n"
        cases = {
            "a header of 1 MB": (get + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n", (400, 413, 431)),
            "ten thousand headers": (get + b"".join(b"X%d: y\r\n" % i for i in range(10_000)) + b"\r\n", (400, 413, 431)),
            "a path of 1 MB": (b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", (400, 413, 414, 431)),
            "no path": (b"GET\r\n\r\n", (400, None)),
            "a method of 60 kB": (b"G" * 60_000 + b" / HTTP/1.1\r\nHost: x\r\n\r\n", (400, 413, 414, 431)),
            "a header without colon": (get + b"nonsense\r\n\r\n", (400, 200)),
            "a wrong version": (b"GET /v1/streams HTTP/9.9\r\nHost: x\r\n\r\n", (400, 505)),
            "no host": (b"GET /v1/streams HTTP/1.1\r\n\r\n", (400, 200)),
        }
        for name, (request, codes) in cases.items():
            with self.subTest(name):
                got = self.talk(request)
                self.assertIn(status_of(got), codes, got[:300])

    def test_noise_gets_no_success(self):
        for noise in (b"\x00" * 5000, b"\xff" * 5000, b"\r\n" * 5000, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 500, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", os.urandom(64)):
            with self.subTest(noise[:12]):
                self.assertNotIn(b" 200 ", self.talk(noise)[:40])
        self.assert_honest_client_is_answered()

    def test_pipelined_requests_are_answered_in_order_until_the_first_nonsense(self):
        one = json.dumps({"stream": "shop", "canary": "a", "stable": "b"}).encode()
        post = b"POST /v1/analysis HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(one) + one
        bad = b"POST /v1/analysis HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n{"
        peer = self.connect((post + bad) * 10 + self.hidden)
        got = b""
        while got.count(b"HTTP/1.1 ") < 21:
            got += peer.recv(65536)
        codes = [int(part[:3]) for part in got.split(b"HTTP/1.1 ")[1:]]
        self.assertEqual(codes, [200, 400] * 10 + [200])
        peer.sendall(b"garbage\r\n\r\n" + self.hidden)
        peer.settimeout(PATIENCE)
        self.assertTrue(has_ended(peer), "closed without another answer")

    def test_ten_thousand_query_parameters(self):
        for query in ("&".join(f"p{i}=x" for i in range(10_000)), "&".join(f"p{i}" for i in range(3_000)), "&" * 10_000, "a" * 15_000 + "=b"):
            with self.subTest(query[:20]):
                got = self.talk(f"GET /v1/analysis?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                self.assertIn(status_of(got), (400, 413, 414, 422, 431, None), got[:300])
        self.assert_honest_client_is_answered()

    def test_a_path_with_a_hidden_end_is_another_path(self):
        for path in ("/v1/streams%00", "/v1/streams%00/x", "/v1/streams/", "//v1/streams", "/v1/./streams", "/v1%2fstreams/", "/V1/streams", "/v1/streams/shop%00x/tables?canary=a&stable=b"):
            with self.subTest(path):
                self.assertEqual(self.service.call("GET", path).status, 400 if "%00" in path else 404)


if __name__ == "__main__":
    unittest.main()
