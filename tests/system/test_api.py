"""The HTTP contract: answers, refusals, limits, rights, reload and shutdown."""

import gzip
import json
import shutil
import signal
import socket
import threading
import time
import unittest

from service import PATIENCE, Service, label_events

STREAMS = """
streams:
  - name: shop
    block: 1m
    analysis: {min_samples: 300}
  - name: moves
    analysis: {design: shift}
"""


class ServiceCase(unittest.TestCase):
    config = STREAMS

    @classmethod
    def setUpClass(cls):
        cls.service = Service(cls.config).start()

    @classmethod
    def tearDownClass(cls):
        cls.service.stop()
        shutil.rmtree(cls.service.folder)

    def assert_problem(self, answer, status, field=None, says=None):
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        self.assertEqual(int(answer.headers["Content-Length"]), len(answer.body))
        problem = answer.json()
        self.assertEqual(problem["status"], status)
        for name in ("type", "title", "detail", "instance"):
            self.assertTrue(problem[name])
        if field:
            self.assertEqual(problem.get("field"), field, problem)
        if says:
            self.assertIn(says, problem["detail"])


class LateReferences(ServiceCase):
    config = """
streams:
  - name: late
    keyed: true
    block: 1m
    analysis: {min_samples: 300}
"""

    def push_parts(self, arm, count, errors):
        """Pushes labels without their references; returns the events of the references."""
        references = []
        events = label_events("late", arm, count, errors, seed=arm)
        for i, event in enumerate(events):
            event["key"] = f"{arm}-{i}"
            reference = {name: event[name] for name in ("stream", "time", "key")}
            references.append({**reference, "reference": event.pop("reference")})
        self.assertEqual(self.service.push(events, batch=f"labels of {arm}").status, 200)
        return references

    def ask(self):
        answer = self.service.ask(stream="late", canary="canary", stable="stable").json()
        return answer, [(answer[arm]["samples"], answer[arm]["referenced"]) for arm in ("canary", "stable")]

    def test_they_complete_the_answer_without_counting_twice(self):
        canary, stable = self.push_parts("canary", 2000, 0.1), self.push_parts("stable", 6000, 0.1)
        answer, arms = self.ask()
        self.assertEqual((answer["reason"], arms), ("reference_missing", [(0, 0), (0, 0)]))
        self.service.push(canary + stable[:1500], batch="some")
        answer, arms = self.ask()
        self.assertEqual((answer["reason"], arms), ("completeness_differs", [(2000, 1), (1500, 0.25)]))
        self.service.push(canary[:50] + stable, batch="all, and some again")
        answer, arms = self.ask()
        self.assertIn(answer["reason"], ("within_margin", "straddles_margin"))
        self.assertEqual(arms, [(2000, 1), (6000, 1)])


class Answers(ServiceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for arm, count, errors in (("stable", 20000, 0.1), ("good", 3000, 0.1), ("bad", 3000, 0.35), ("few", 40, 0.1)):
            events = label_events("shop", arm, count, errors, seed=arm)
            for i in range(0, len(events), 5000):
                answer = cls.service.push(events[i : i + 5000], batch=f"{arm}-{i}", compress=i % 2 == 0)
                assert answer.status == 200, answer.body
        one = [dict(event, label="s0") for event in label_events("shop", "one", 2000, 0, seed="one")]
        assert cls.service.push(one, batch="one").status == 200

    def verdict(self, canary, **fields):
        answer = self.service.ask(stream="shop", canary=canary, stable="stable", **fields)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertLess(len(answer.body), 1024)
        self.assertEqual(int(answer.headers["Content-Length"]), len(answer.body))
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        return answer.json()

    def test_a_good_canary_is_promoted(self):
        got = self.verdict("good")
        self.assertEqual((got["verdict"], got["reason"]), ("promote", "within_margin"))
        self.assertEqual(list(got)[:7], ["id", "verdict", "reason", "delta", "canary", "stable", "warnings"])
        self.assertEqual(list(got["delta"]), ["estimate", "lower", "upper", "level", "margin", "plan"])
        self.assertEqual(list(got["canary"]), ["nmi", "lower", "upper", "samples", "referenced"])
        self.assertEqual((got["canary"]["samples"], got["stable"]["samples"]), (3000, 20000))

    def test_a_broken_canary_is_rolled_back(self):
        got = self.verdict("bad")
        self.assertEqual((got["verdict"], got["reason"]), ("rollback", "beyond_margin"))
        self.assertLess(got["delta"]["upper"], -0.1)

    def test_a_canary_of_a_single_label_is_rolled_back(self):
        got = self.verdict("one")
        self.assertEqual((got["verdict"], got["reason"]), ("rollback", "single_label"))

    def test_too_little_traffic_is_inconclusive(self):
        got = self.verdict("few")
        self.assertEqual((got["verdict"], got["reason"]), ("inconclusive", "too_few_samples"))

    def test_no_canary_data_is_inconclusive(self):
        got = self.verdict("nobody")
        self.assertEqual((got["verdict"], got["reason"]), ("inconclusive", "no_canary_data"))
        self.assertIsNone(got["delta"]["estimate"])

    def test_get_and_post_give_the_same_bytes(self):
        post = self.service.ask(stream="shop", canary="good", stable="stable", margin=0.2)
        get = self.service.call("GET", "/v1/analysis?stream=shop&canary=good&stable=stable&margin=0.2")
        self.assertEqual(get.status, 200, get.body)
        self.assertEqual(post.body, get.body)

    def test_the_same_question_gives_the_same_bytes(self):
        asked = [self.service.ask(stream="shop", canary="bad", stable="stable").body for _ in range(3)]
        self.assertEqual(len(set(asked)), 1)

    def test_simultaneous_askers_get_one_answer(self):
        bodies = []

        def ask():
            bodies.append(self.service.ask(stream="shop", canary="good", stable="stable", margin=0.15).body)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((len(bodies), len(set(bodies))), (8, 1))

    def test_tables_hold_exactly_what_was_pushed(self):
        answer = self.service.call("GET", "/v1/streams/shop/tables?canary=good&stable=stable")
        self.assertEqual(answer.status, 200, answer.body)
        tables = answer.json()
        expected = {}
        for event in label_events("shop", "good", 3000, 0.1, seed="good"):
            cell = (event["reference"], event["label"])
            expected[cell] = expected.get(cell, 0) + 1
        got = {(tables["references"][row], tables["labels"][column]): count for row, column, count in tables["canary"]["cells"]}
        self.assertEqual(got, expected)

    def test_the_list_of_streams_tells_which_arms_pushed(self):
        streams = {stream["name"]: stream for stream in self.service.call("GET", "/v1/streams").json()["streams"]}
        arms = {arm["arm"]: arm for arm in streams["shop"]["arms"]}
        self.assertEqual({name: arm["events"] for name, arm in arms.items()},
                         {"stable": 20000, "good": 3000, "bad": 3000, "few": 40, "one": 2000})
        self.assertEqual(arms["stable"]["pods"], 3)
        self.assertLess(arms["stable"]["first"], arms["stable"]["last"])
        latest = [arm["last"] for arm in streams["shop"]["arms"]]
        self.assertEqual(latest, sorted(latest, reverse=True))
        self.assertEqual(streams["moves"]["arms"], [])

    def test_an_answer_is_logged_and_counted(self):
        self.verdict("good", margin=0.11)
        entry = self.service.wait_logged("analysis answered")[-1]
        self.assertEqual(entry["stream"], "shop")
        self.assertGreater(self.service.metrics()['serin_analyses_total{stream="shop",verdict="promote",reason="within_margin"}'], 0)


class Maintenance(ServiceCase):
    config = """
streams:
  - {name: shop, analysis: {min_samples: 300}, maintenance: [{from: "2020-01-01T00:00:00Z", until: "2099-01-01T00:00:00Z"}]}
  - {name: past, analysis: {min_samples: 300}, maintenance: [{from: "2020-01-01T00:00:00Z", until: "2021-01-01T00:00:00+02:00"}]}
"""

    def test_an_open_window_silences_verdicts_and_a_past_one_does_not(self):
        for stream, verdict in (("shop", ("inconclusive", "maintenance")), ("past", ("rollback", "beyond_margin"))):
            for arm, errors in (("stable", 0.1), ("bad", 0.5)):
                self.assertEqual(self.service.push(label_events(stream, arm, 3000, errors, seed=arm)).status, 200)
            got = self.service.ask(stream=stream, canary="bad", stable="stable").json()
            self.assertEqual((got["verdict"], got["reason"]), verdict)


class Refusals(ServiceCase):
    def test_wrong_questions_name_the_field(self):
        good = {"stream": "shop", "canary": "a", "stable": "b"}
        cases = [
            ({"stream": "nope"}, 404, "stream", "known: shop, moves"),
            ({"canary": ""}, 422, "canary", ""),
            ({"canary": "b"}, 422, "stable", "same arm"),
            ({"canary": "{{args.canary}}"}, 422, "canary", ""),
            ({"margin": 0}, 422, "margin", "above 0"),
            ({"margin": "much"}, 422, "margin", ""),
            ({"margin": 1e400}, 400, None, ""),
            ({"design": "magic"}, 422, "design", "paired"),
            ({"level": 1}, 422, "level", ""),
            ({"window": "yesterday"}, 422, "window", "rollout"),
            ({"min_samples": -1}, 422, "min_samples", ""),
            ({"min_samples": 1.5}, 422, "min_samples", ""),
            ({"surprise": 1}, 422, "surprise", "stream"),
        ]
        for change, status, field, says in cases:
            with self.subTest(change=change):
                self.assert_problem(self.service.ask(**{**good, **change}), status, field, says)

    def test_malformed_bodies_are_400(self):
        for body in (b"", b"{", b"[]x", b'{"stream":"shop","stream":"shop"}', b"\xff\xfe", b'{"a":NaN}', b"[" * 5000):
            with self.subTest(body=body[:20]):
                answer = self.service.call("POST", "/v1/analysis", body)
                self.assert_problem(answer, 400)

    def test_malformed_queries_are_400(self):
        for query in ("stream=%zz", "stream=a&stream=b", "stream=%00", "stream=%ff"):
            with self.subTest(query=query):
                self.assert_problem(self.service.call("GET", "/v1/analysis?" + query), 400)

    def test_unknown_places_and_methods(self):
        self.assert_problem(self.service.call("GET", "/nope"), 404)
        answer = self.service.call("DELETE", "/v1/analysis")
        self.assert_problem(answer, 405)
        self.assertEqual(answer.headers["Allow"], "GET, POST")

    def test_a_bad_line_refuses_the_whole_batch_with_its_number(self):
        good = label_events("shop", "refused", 3, 0, seed=1)
        bad = [dict(good[1], label=""), dict(good[1], count=0), dict(good[1], count=1.5), dict(good[1], time="noon"), dict(good[1], stream="nope"), dict(good[1], refrence="x")]
        for line in bad:
            with self.subTest(line=line):
                answer = self.service.push([good[0], line, good[2]])
                self.assert_problem(answer, 404 if line["stream"] == "nope" else 422)
                self.assertIn("line 2", answer.json()["detail"] + answer.json().get("field", ""))
        got = self.service.ask(stream="shop", canary="refused", stable="b").json()
        self.assertEqual(got["canary"]["samples"], 0)

    def test_a_repeated_batch_counts_once(self):
        events = label_events("shop", "twice", 100, 0, seed=2)
        for _ in range(3):
            self.assertEqual(self.service.push(events, batch="same").json()["accepted"], 100)
        self.assertEqual(self.service.ask(stream="shop", canary="twice", stable="b").json()["canary"]["samples"], 100)
        self.assert_problem(self.service.push(events[:50], batch="same"), 409)

    def test_an_empty_batch_name_is_no_name(self):
        events = label_events("shop", "unnamed", 10, 0, seed=7)
        refused = self.service.push(events, headers={"Idempotency-Key": ""})
        self.assertEqual(refused.status, 422)
        self.assertEqual(refused.json()["field"], "Idempotency-Key")
        self.assertEqual(self.service.push(events).status, 200)

    def test_broken_gzip_is_refused(self):
        packed = gzip.compress(json.dumps(label_events("shop", "z", 1, 0, seed=3)[0]).encode())
        for body in (b"not gzip", packed[:-4], packed + b"tail"):
            with self.subTest(length=len(body)):
                answer = self.service.call("POST", "/v1/events", body, {"Content-Encoding": "gzip"})
                self.assertIn(answer.status, (400, 422), answer.body)

    def test_a_gzip_bomb_is_refused(self):
        bomb = gzip.compress(b" " * 200_000_000, 9)
        answer = self.service.call("POST", "/v1/events", bomb, {"Content-Encoding": "gzip"})
        self.assertIn(answer.status, (400, 413, 422), answer.body)

    def test_too_large_a_body_is_413(self):
        self.assert_problem(self.service.call("POST", "/v1/analysis", b" " * 100_000), 413)

    def test_a_refusal_is_logged_and_counted(self):
        self.service.ask(stream="nope", canary="a", stable="b")
        entry = self.service.wait_logged("request refused")[-1]
        self.assertIn("detail", entry)
        self.assertGreater(self.service.metrics()['serin_refusals_total{route="/v1/analysis",kind="not_found"}'], 0)

    def test_operators_routes_answer_apart(self):
        self.assertEqual(self.service.call("GET", "/livez", operators=True).json(), {"status": "alive"})
        self.assertEqual(self.service.call("GET", "/readyz", operators=True).json(), {"status": "ready", "failing_sources": []})
        self.assert_problem(self.service.call("GET", "/metrics"), 404)

    def test_openapi_and_streams_are_served(self):
        self.assertEqual(self.service.call("GET", "/openapi.json").json()["openapi"], "3.1.0")
        names = [stream["name"] for stream in self.service.call("GET", "/v1/streams").json()["streams"]]
        self.assertEqual(names, ["shop", "moves"])


class Limits(unittest.TestCase):
    def setUp(self):
        self.service = Service("limits: {header_timeout: 1s, body_timeout: 1s, idle_timeout: 2s}\n" + STREAMS).start()

    def tearDown(self):
        self.service.stop()
        shutil.rmtree(self.service.folder)

    def drip(self, first):
        host, port = self.service.api.rsplit(":", 1)
        peer = socket.create_connection((host, int(port)), timeout=PATIENCE)
        peer.sendall(first)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                peer.sendall(b"x")
                peer.settimeout(0.2)
                if peer.recv(1) == b"":
                    peer.close()
                    return True
            except socket.timeout:
                continue
            except OSError:
                peer.close()
                return True
        peer.close()
        return False

    def test_a_client_that_drips_headers_is_closed(self):
        self.assertTrue(self.drip(b"GET /v1/streams HTTP/1.1\r\nHost: x\r\nX-Slow: "))

    def test_a_client_that_drips_a_body_is_closed_and_nothing_is_kept(self):
        head = b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
        self.assertTrue(self.drip(head + b'{"stream":"shop"'))
        self.assertEqual(self.service.call("GET", "/v1/streams").status, 200)


TOKENS = """
tokens:
  - {name: argo, sha256: %s, streams: [shop], rights: [analyze]}
  - {name: pusher, sha256: %s, streams: ["*"], rights: [push]}
"""


class Rights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        import hashlib

        cls.service = Service("")
        digest = lambda token: hashlib.sha256(token.encode()).hexdigest()
        tokens = cls.service.write("tokens.yaml", TOKENS % (digest("a-token"), digest("p-token")))
        cls.service.config = f"auth: {{tokens: {tokens}}}\n" + STREAMS
        cls.service.start()

    @classmethod
    def tearDownClass(cls):
        cls.service.stop()
        shutil.rmtree(cls.service.folder)

    def test_the_matrix_of_tokens_and_routes(self):
        question = json.dumps({"stream": "shop", "canary": "a", "stable": "b"})
        other = json.dumps({"stream": "moves", "canary": "a", "stable": "b"})
        event = json.dumps(label_events("shop", "a", 1, 0, seed=1)[0])
        rows = [
            ("POST", "/v1/analysis", question, {None: 401, "wrong": 401, "a-token": 200, "p-token": 403}),
            ("POST", "/v1/analysis", other, {"a-token": 403}),
            ("POST", "/v1/events", event, {None: 401, "a-token": 403, "p-token": 200}),
            ("GET", "/v1/streams", None, {None: 401, "a-token": 403, "p-token": 403}),
            ("GET", "/openapi.json", None, {None: 200}),
        ]
        for method, path, body, expected in rows:
            for token, status in expected.items():
                with self.subTest(path=path, token=token):
                    headers = {"Authorization": "Bearer " + token} if token else {}
                    answer = self.service.call(method, path, body, headers)
                    self.assertEqual(answer.status, status, answer.body)
                    if status == 401:
                        self.assertIn("Bearer", answer.headers["WWW-Authenticate"])

    def test_no_credential_reaches_the_log(self):
        self.service.ask({"Authorization": "Bearer super-secret"}, stream="shop", canary="a", stable="b")
        self.service.wait_logged("request refused")
        self.assertNotIn("super-secret", json.dumps(self.service.log))


class ReloadOfAnOpenAddress(unittest.TestCase):
    """The address listened on stays until the next start, whatever the new file says."""

    def setUp(self):
        self.service = Service("")
        tokens = self.service.write("tokens.yaml", TOKENS % ("a" * 64, "b" * 64))
        self.service.config = f'listen: "0.0.0.0:0"\nauth: {{tokens: {tokens}}}\n' + STREAMS
        self.service.start()

    def tearDown(self):
        self.service.stop()
        shutil.rmtree(self.service.folder)

    def reload(self, listen, auth, outcome):
        text = self.service.head() + f'listen: "{listen}"\n{auth}\n' + STREAMS
        self.service.write("serin.yaml", text)
        self.service.process.send_signal(signal.SIGHUP)
        return self.service.wait_logged(outcome)[0]

    def test_credentials_cannot_be_dropped_together_with_the_address(self):
        refused = self.reload("127.0.0.1:0", "", "configuration refused; the one in force stays")
        self.assertEqual(refused["field"], "auth")
        self.assertEqual(self.service.call("GET", "/v1/streams").status, 401)

    def test_they_can_be_dropped_in_so_many_words(self):
        self.reload("0.0.0.0:0", "auth: none", "configuration reloaded")
        self.assertEqual(self.service.call("GET", "/v1/streams").status, 200)


class ReloadAndStop(unittest.TestCase):
    def setUp(self):
        self.service = Service(STREAMS).start()

    def tearDown(self):
        if self.service.process.poll() is None:
            self.service.stop()
        shutil.rmtree(self.service.folder)

    def rewrite(self, text):
        with open(self.service.path("serin.yaml"), encoding="utf-8") as file:
            head = file.read().split("\nstreams:")[0]
        self.service.write("serin.yaml", head + text)
        self.service.process.send_signal(signal.SIGHUP)

    def names(self):
        return [stream["name"] for stream in self.service.call("GET", "/v1/streams").json()["streams"]]

    def test_sighup_takes_a_good_file_and_refuses_a_bad_one(self):
        self.rewrite("\nstreams:\n  - {name: fresh}\n")
        self.service.wait_logged("configuration reloaded")
        self.assertEqual(self.names(), ["fresh"])
        self.rewrite("\nstreams:\n  - {name: worse, sauce: store}\n")
        refused = self.service.wait_logged("configuration refused; the one in force stays")[0]
        self.assertEqual(refused["field"], "streams[0].sauce")
        self.assertEqual(self.names(), ["fresh"])

    def test_a_refused_file_changes_nothing_at_all(self):
        self.rewrite("\nlog_level: error\nstreams:\n  - {name: worse, sauce: store}\n")
        self.service.wait_logged("configuration refused; the one in force stays")
        self.service.ask(stream="shop", canary="", stable="b")
        self.service.wait_logged("request refused")

    def test_what_needs_a_restart_is_told(self):
        self.rewrite("\nlimits: {workers: 3, idle_timeout: 70s}\nstreams: [{name: fresh}]\n")
        self.service.wait_logged("configuration reloaded")
        told = self.service.logged("a changed setting takes effect at the next start only")
        self.assertEqual([entry["field"] for entry in told], ["limits.workers"])
        path = self.service.path("serin.yaml")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.service.write("serin.yaml", text.replace("serin.db", "other.db").replace("127.0.0.1:0", "127.0.0.1:1"))
        self.service.process.send_signal(signal.SIGHUP)
        self.service.wait_logged("configuration reloaded", 2)
        told = self.service.logged("a changed setting takes effect at the next start only")
        self.assertEqual([entry["field"] for entry in told[1:]], ["listen", "operators_listen", "store"])

    def test_events_survive_a_clean_stop(self):
        self.service.push(label_events("shop", "kept", 500, 0.1, seed=5), batch="kept")
        self.assertEqual(self.service.stop(), 0)
        self.service.start()
        got = self.service.ask(stream="shop", canary="kept", stable="b").json()
        self.assertEqual(got["canary"]["samples"], 500)

    def test_what_was_accepted_is_answered_before_the_stop(self):
        host, port = self.service.api.rsplit(":", 1)
        body = b"".join(json.dumps(event).encode() + b"\n" for event in label_events("shop", "late", 100, 0, seed=6))
        peer = socket.create_connection((host, int(port)), timeout=PATIENCE)
        head = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        peer.sendall(head + body[:100])
        time.sleep(0.3)  # so that the request is under way; the outcome does not depend on it
        self.service.process.send_signal(signal.SIGTERM)
        self.service.wait_logged("stopping")
        peer.sendall(body[100:])
        got = b""
        while b"accepted" not in got:
            piece = peer.recv(4096)
            if not piece:
                break
            got += piece
        peer.close()
        self.assertIn(b"200 OK", got)
        self.assertEqual(self.service.process.wait(PATIENCE), 0)


if __name__ == "__main__":
    unittest.main()
