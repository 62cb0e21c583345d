"""A source that fails, lies, dawdles or hangs: never a verdict, never beyond the deadline, and nobody else waits."""

import gzip
import os
import shutil
import socket
import struct
import threading
import time
import unittest

from fake_prometheus import FakePrometheus, document, response, series
from service import PATIENCE, Service, label_events

TOO_LONG = 6  # seconds: well beyond the deadline of 1 s, well below what the manners would take


def sends(make):
    return lambda peer, request: peer.sendall(make(request))


def hangs(first=b""):
    def manner(peer, _):
        peer.sendall(first)
        FAKE.released.wait(PATIENCE)

    return manner


def drips(make, size=1, pause=0.2):
    def manner(peer, request):
        text = make(request)
        for i in range(0, len(text), size):
            peer.sendall(text[i : i + size])
            if FAKE.released.wait(pause):
                return

    return manner


def resets(peer, request):
    peer.sendall(response(request.good())[:400])
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def floods(piece, count):
    def manner(peer, _):
        for _ in range(count):
            peer.sendall(piece)

    return manner


def changed(change):
    """The good answer with its series passed through `change`."""

    def make(request):
        if request.asks_start_times:
            return response(document([]))
        result = series(request.arm)
        return response(document(change(result)))

    return make


def with_value(text, times=1):
    def change(result):
        for sample in result[0]["values"][8 : 8 + times]:
            sample[1] = text
        return result

    return changed(change)


def with_label(value):
    def change(result):
        result[0]["metric"]["got"] = value
        return result

    return changed(change)


def unordered(result):
    result[0]["values"][3], result[0]["values"][4] = result[0]["values"][4], result[0]["values"][3]
    return result


def without_pod(result):
    del result[0]["metric"]["pod"]
    return result


ok = lambda request: response(request.good())
nothing = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"

# Each manner with the status of the answer; 200 stands for an inconclusive verdict with this reason.
FAILS = {
    "closes-at-once": (sends(lambda request: b""), 502),
    "resets": (resets, 502),
    "says-500": (sends(lambda request: response(request.good(), "500 Internal Server Error")), 502),
    "says-429": (sends(lambda request: response(b"slow down", "429 Too Many Requests")), 502),
    "says-204": (sends(lambda request: b"HTTP/1.1 204 No Content\r\n\r\n"), 502),
    "says-401": (sends(lambda request: response(request.good(), "401 Unauthorized")), 502),
    "redirects": (sends(lambda request: response(b"", "302 Found", [f"Location: {request.prefix}/good/api/v1/query"])), 502),
    "redirects-to-a-file": (sends(lambda request: response(b"", "307 Temporary Redirect", ["Location: file:///etc/passwd"])), 502),
    "is-cut-short": (sends(lambda request: response(request.good()[:-200], length=len(request.good()))), 502),
    "is-cut-within": (sends(lambda request: response(request.good()[:-1])), 502),
    "is-cut-without-length": (sends(lambda request: b"HTTP/1.0 200 OK\r\n\r\n" + request.good()[:-40]), 502),
    "errs-with-200": (sends(lambda request: response(b'{"status":"error","errorType":"execution","error":"too many samples"}')), 502),
    "errs-beside-data": (sends(lambda request: response(request.good().replace(b'"success"', b'"error"'))), 502),
    "shows-html": (sends(lambda request: response(b"<html>log in</html>")), 502),
    "is-empty": (sends(lambda request: response(b"")), 502),
    "is-null": (sends(lambda request: response(b"null")), 502),
    "has-no-data": (sends(lambda request: response(b'{"status":"success"}')), 502),
    "is-a-vector": (sends(lambda request: response(request.good().replace(b'"matrix"', b'"vector"'))), 502),
    "says-it-twice": (sends(lambda request: response(request.good() + request.good())), 502),
    "has-a-tail": (sends(lambda request: response(request.good() + b" x")), 502),
    "starts-with-a-mark": (sends(lambda request: response(b"\xef\xbb\xbf" + request.good())), 502),
    "is-no-utf8": (sends(lambda request: response(request.good().replace(b'"s1"', b'"s\xff"'))), 502),
    "is-deep": (sends(lambda request: response(b'{"status":' + b"[" * 100_000)), 502),
    "packs-unasked": (sends(lambda request: response(gzip.compress(request.good()), headers=["Content-Encoding: gzip"])), 502),
    "chunks-badly": (sends(lambda request: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + request.good()), 502),
    "talks-nonsense": (sends(lambda request: b"\x00\x01\x02 what?\r\n\r\n"), 502),
    "never-ends-its-head": (floods(b"X-More: " + b"y" * 1000 + b"\r\n", 20_000), 502),
    "sends-too-much": (floods(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 1_000_000, 12), 502),
    "hangs": (hangs(), 504),
    "hangs-after-head": (hangs(nothing.encode()), 504),
    "hangs-in-body": (hangs(nothing.encode() + b'{"status":"success","data":'), 504),
    "drips": (drips(ok), 504),
    "drips-its-head": (drips(lambda request: b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000, size=5), 504),
    "promises-for-ever": (drips(lambda request: b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000, size=25), 504),
    "warns": (sends(lambda request: response(request.good()[:-1] + b',"warnings":["partial response"]}')), "incomplete_data"),
    "counts-nan": (sends(with_value("NaN", times=2)), "incomplete_data"),
    "counts-infinity": (sends(with_value("+Inf")), "incomplete_data"),
    "counts-fractions": (sends(with_value("12.5")), "incomplete_data"),
    "counts-below-zero": (sends(with_value("-3")), "incomplete_data"),
    "counts-beyond-2^53": (sends(with_value("9007199254740993")), "incomplete_data"),
    "counts-beyond-all": (sends(with_value("1e400")), "incomplete_data"),
    "counts-twice": (sends(changed(lambda result: result + result[:1])), None),
    "forgets-a-pod": (sends(changed(without_pod)), "incomplete_data"),
    "forgets-a-label": (sends(with_label("")), "incomplete_data"),
    "goes-back-in-time": (sends(changed(unordered)), None),
    "knows-nothing": (sends(lambda request: response(document([]))), "no_canary_data"),
}
MANNERS = {name: row[0] for name, row in FAILS.items()} | {"good": sends(ok)}
FAKE = None


def setUpModule():
    global FAKE
    FAKE = FakePrometheus(MANNERS)


def tearDownModule():
    FAKE.close()


def configuration(names, head=""):
    sources = streams = ""
    for name in names:
        sources += f'  - {{name: "{name}", type: prometheus, url: "http://{FAKE.address}/{name}", max_bytes: 10MiB, scrape_interval: 30s}}\n'
        for stream, policy in ((name, "error"), (name + "-soft", "inconclusive")):
            streams += f'  - {{name: "{stream}", source: "{name}", metric: labels_total, reference: want, label: got, pod: pod, arm: {{label: hash}}, on_source_error: {policy}}}\n'
    return f"{head}sources:\n{sources}streams:\n  - {{name: pushed, analysis: {{min_samples: 300}}}}\n{streams}"


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        sources = [*MANNERS, "down"]
        closed = socket.create_server(("127.0.0.1", 0))
        down = "127.0.0.1:%d" % closed.getsockname()[1]
        closed.close()
        text = configuration(sources, "deadline: 1s\n").replace(f"{FAKE.address}/down", down)
        cls.service = Service(text).start()

    @classmethod
    def tearDownClass(cls):
        cls.service.stop()
        shutil.rmtree(cls.service.folder)

    def ask(self, stream):
        start = time.monotonic()
        answer = self.service.ask(stream=stream, canary="canary", stable="stable", window="8m", min_samples=300)
        self.assertLess(time.monotonic() - start, TOO_LONG)
        return answer

    def assert_never_a_verdict(self, answer, outcome):
        self.assertEqual(int(answer.headers["Content-Length"]), len(answer.body))
        document = answer.json()
        if answer.status != 200:
            self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
            self.assertEqual(answer.status, outcome, document)
            self.assertTrue(document["detail"])
            return
        self.assertEqual(document["verdict"], "inconclusive", document)
        self.assertIn(document["reason"], [outcome] if outcome else ["incomplete_data"], document)

    def test_a_good_answer_becomes_a_verdict(self):
        for stream in ("good", "good-soft"):
            document = self.ask(stream).json()
            self.assertEqual((document["verdict"], document["reason"]), ("promote", "within_margin"), document)

    def test_a_bad_answer_is_a_failure_in_words(self):
        for name, (_, outcome) in {**FAILS, "down": (None, 502)}.items():
            with self.subTest(name):
                answer = self.ask(name)
                if outcome is None and answer.status == 502:
                    outcome = 502
                self.assert_never_a_verdict(answer, outcome)

    def test_or_an_inconclusive_verdict_where_the_stream_says_so(self):
        for name, (_, outcome) in {**FAILS, "down": (None, 502)}.items():
            with self.subTest(name):
                answer = self.ask(name + "-soft")
                self.assertEqual(answer.status, 200, answer.body)
                document = answer.json()
                self.assertEqual(document["verdict"], "inconclusive", document)
                expected = [outcome] if isinstance(outcome, str) else ["source_unavailable"]
                self.assertIn(document["reason"], expected if outcome else expected + ["incomplete_data"])
                if document["reason"] == "source_unavailable":
                    self.assertIsNone(document["delta"]["estimate"])

    def test_a_token_file_that_is_empty_is_not_the_askers_fault(self):
        service = Service("")
        self.addCleanup(shutil.rmtree, service.folder)
        for name, text in (("empty", ""), ("lines", "a\nb\n"), ("control", "a\x1bb\n")):
            service.write(name, text)
        service.write("gone", "a token")
        service.config = configuration(["good"]).replace("max_bytes", "bearer_token_file: TOKEN, max_bytes")
        names = ("empty", "lines", "control", "gone")
        template = service.config
        for name in names:
            with self.subTest(name):
                service.config = template.replace("TOKEN", service.path(name))
                service.start()
                if name == "gone":
                    os.remove(service.path(name))
                answer = service.ask(stream="good", canary="canary", stable="stable")
                soft = service.ask(stream="good-soft", canary="canary", stable="stable")
                service.stop()
                self.assert_never_a_verdict(answer, 502)
                self.assertNotEqual(answer.status, 200)
                self.assertEqual((soft.status, soft.json()["reason"]), (200, "source_unavailable"))

    def test_a_redirect_is_never_followed(self):
        before = FAKE.requests.count("good")
        self.ask("redirects")
        self.assertEqual(FAKE.requests.count("good"), before)

    def test_the_cause_is_logged_and_counted(self):
        self.ask("shows-html")
        self.ask("hangs-soft")
        refused = [entry for entry in self.service.wait_logged("request refused") if entry.get("kind") == "unavailable"]
        self.assertTrue(refused[-1]["detail"])
        answered = [entry for entry in self.service.wait_logged("analysis answered") if entry["stream"] == "hangs-soft"]
        self.assertTrue(answered[-1]["source_error"])
        errors = {name for name in self.service.metrics() if name.startswith("serin_source_errors_total")}
        self.assertIn('serin_source_errors_total{stream="shows-html",kind="unavailable"}', errors)
        self.assertIn('serin_source_errors_total{stream="hangs-soft",kind="timeout"}', errors)


class Isolation(unittest.TestCase):
    """With two workers and a queue of two per source, one source hangs and all of its places are taken."""

    def setUp(self):
        FAKE.released.clear()
        self.service = Service(configuration(["hangs", "good"], "deadline: 20s\nlimits: {workers: 2, queue: 2}\n")).start()
        self.answers = []
        self.threads = []

    def tearDown(self):
        FAKE.released.set()
        for thread in self.threads:
            thread.join()
        self.service.stop()
        FAKE.released.clear()
        shutil.rmtree(self.service.folder)

    def ask_later(self, canary):
        def ask():
            self.answers.append(self.service.ask(stream="hangs", canary=canary, stable="stable"))

        self.threads.append(threading.Thread(target=ask))
        self.threads[-1].start()

    def test_a_source_that_hangs_holds_up_nobody_else(self):
        before = FAKE.requests.count("hangs")
        for i in range(12):
            self.ask_later(f"canary{i}")
        end = time.monotonic() + PATIENCE
        while (len(self.answers) < 8 or FAKE.requests.count("hangs") < before + 2) and time.monotonic() < end:
            time.sleep(0.01)
        refused = len(self.answers)
        self.assertIn(refused, (8, 9, 10), "two at work, up to two waiting, the others told at once")
        self.assertEqual([answer.status for answer in self.answers], [503] * refused)
        for answer in self.answers:
            self.assertEqual((answer.headers["Retry-After"], answer.headers["Content-Type"]), ("1", "application/problem+json"))
        start = time.monotonic()
        self.assertEqual(self.service.call("GET", "/livez", operators=True).status, 200)
        self.assertEqual(self.service.call("GET", "/readyz", operators=True).status, 200)
        self.assertEqual(self.service.push(label_events("pushed", "canary", 500, 0.1, 1), batch="b").status, 200)
        self.assertEqual(self.service.push(label_events("pushed", "stable", 500, 0.1, 2), batch="c").status, 200)
        self.assertEqual(self.service.ask(stream="pushed", canary="canary", stable="stable").status, 200)
        self.assertEqual(self.service.call("GET", "/v1/streams/pushed/tables?canary=canary&stable=stable").status, 200)
        self.assertEqual(self.service.ask(stream="good", canary="canary", stable="stable", window="8m").json()["verdict"], "promote")
        self.assertEqual(self.service.ask(stream="nobody", canary="a", stable="b").status, 404)
        self.assertLess(time.monotonic() - start, 15, "all of this while the source hangs")
        self.assertEqual(len(self.answers), refused)
        FAKE.released.set()
        for thread in self.threads:
            thread.join()
        self.assertEqual(sorted(answer.status for answer in self.answers), [502] * (12 - refused) + [503] * refused)

    def test_a_stop_waits_for_the_analysis_under_way(self):
        before = FAKE.requests.count("hangs")
        self.ask_later("canary")
        end = time.monotonic() + PATIENCE
        while FAKE.requests.count("hangs") == before and time.monotonic() < end:
            time.sleep(0.01)
        self.service.process.terminate()
        self.service.wait_logged("stopping")
        FAKE.released.set()
        self.threads[0].join()
        self.assertEqual(self.answers[0].status, 502)
        self.assertEqual(self.service.process.wait(PATIENCE), 0)


class LeftAlone(unittest.TestCase):
    def test_a_source_that_keeps_failing_is_told_and_not_asked(self):
        listener = socket.create_server(("127.0.0.1", 0))
        down = "127.0.0.1:%d" % listener.getsockname()[1]
        listener.close()
        service = Service(configuration(["good", "down"]).replace(f"{FAKE.address}/down", down)).start()
        self.addCleanup(shutil.rmtree, service.folder)
        self.addCleanup(service.stop)
        details = []
        for _ in range(6):
            answer = service.ask(stream="down", canary="canary", stable="stable")
            self.assertEqual(answer.status, 502, answer.body)
            details.append(answer.json()["detail"])
        self.assertNotIn("left alone", details[4])
        self.assertIn('source "down" failed 5 times running and is left alone', details[5])
        self.assertIn("127.0.0.1", details[5], "the last failure")
        soft = service.ask(stream="down-soft", canary="canary", stable="stable").json()
        self.assertEqual((soft["verdict"], soft["reason"]), ("inconclusive", "source_unavailable"))
        ready = service.call("GET", "/readyz", operators=True)
        self.assertEqual((ready.status, ready.json()), (200, {"status": "ready", "failing_sources": ["down"]}))
        shown = service.call("GET", "/metrics", operators=True).body.decode()
        self.assertIn('serin_source_circuit_open{source="down"} 1\n', shown)
        self.assertIn('serin_source_circuit_open{source="good"} 0\n', shown)
        self.assertEqual(service.ask(stream="good", canary="canary", stable="stable", window="8m").status, 200)


if __name__ == "__main__":
    unittest.main()
