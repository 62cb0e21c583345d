"""Every answer of 2xx is one whole strict JSON document of known length, and a verdict is short whatever is asked."""

import http.client
import json
import random
import shutil
import socket
import time
import unittest

from service import PATIENCE, Service, label_events

LONG = "x" * 90
STREAMS = f"""
streams:
  - {{name: shop, slices: [region, device], keyed: true, analysis: {{min_samples: 300}}}}
  - {{name: "{LONG}", slices: [region], analysis: {{min_samples: 300}}}}
"""
HOSTILE = ["quote\"", "back\\slash", "</script>", "\u202etfel", "\u2028", "emoji \U0001f600", "nul-like \\u0000", "tab\\t", "é", "日本", "{{x}}", "' or 1=1 --", "NaN", "null", " "]


class Answers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        service = cls.service = Service(STREAMS).start()
        draw = random.Random(1)
        for stream in ("shop", LONG):
            for arm, count, errors in (("stable", 6000, 0.1), ("good", 4000, 0.1), ("bad", 4000, 0.4), ("few", 20, 0.1)):
                events = label_events(stream, arm, count, errors, seed=arm, minutes=30)
                for number, event in enumerate(events):
                    event["slices"] = {"region": draw.choice(["eu", "us"])}
                    if stream == "shop":
                        event["key"] = f"k{number}"
                assert service.push(events).status == 200
            one = [dict(event, label="s0") for event in label_events(stream, "one", 2000, 0, seed=5)]
            assert service.push(one).status == 200
            strange = [dict(event, label=f"new{i % 40}", reference=f"r{i % 90}") for i, event in enumerate(label_events(stream, "strange", 3000, 0, seed=6, pods=1, minutes=1))]
            assert service.push(strange).status == 200

    @classmethod
    def tearDownClass(cls):
        cls.service.stop()
        shutil.rmtree(cls.service.folder)

    def whole(self, method, path, body=None, headers=None, operators=False):
        """The answer, checked as the wire carried it."""
        connection = http.client.HTTPConnection(self.service.operators if operators else self.service.api, timeout=PATIENCE)
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        text = response.read()
        connection.close()
        self.assertEqual(response.status, 200, text[:400])
        self.assertEqual(int(response.headers["Content-Length"]), len(text))
        self.assertNotIn("Transfer-Encoding", response.headers)
        self.assertGreater(len(text), 1)
        return text

    def strictly(self, text):
        def refuse(constant):
            raise ValueError(constant)

        document = json.loads(text.decode("utf-8"), parse_constant=refuse)
        self.assertIsInstance(document, dict)
        return document

    def numbers(self, value):
        if isinstance(value, dict):
            return [number for each in value.values() for number in self.numbers(each)]
        if isinstance(value, list):
            return [number for each in value for number in self.numbers(each)]
        return [value] if isinstance(value, (int, float)) and not isinstance(value, bool) else []

    def test_a_verdict_is_short_whatever_is_asked(self):
        draw = random.Random(7)
        longest, verdicts = 0, set()
        for _ in range(400):
            fields = {
                "stream": draw.choice(["shop", LONG]),
                "canary": draw.choice(["good", "bad", "few", "one", "strange", "nobody", "n" * 200]),
                "stable": draw.choice(["stable", "stable", "stable", "few", "absent"]),
                "design": draw.choice(["reference", "shift", "paired"]),
                "interval": draw.choice(["sequential", "fixed"]),
                "normalizer": draw.choice(["geometric", "arithmetic", "min", "max"]),
                "margin": draw.choice([0.1, 0.012345678901234567, 1e-9, 0.987654321098765]),
                "level": draw.choice([0.95, 0.5, 0.999999999, 0.9123456789012345]),
                "window": draw.choice(["rollout", "10m", "1m", "17m"]),
                "min_samples": draw.choice([0, 300, 10**6, 2**53]),
                "label_names": draw.choice(["free", "fixed"]),
                "slices": draw.choice([[], ["region"]]),
                "rollout": draw.choice(["", "r" * 200]) or None,
            }
            if fields["canary"] == fields["stable"]:
                continue
            fields = {name: value for name, value in fields.items() if value is not None}
            with self.subTest(fields):
                answer = self.service.call("POST", "/v1/analysis", json.dumps(fields))
                if answer.status == 422:
                    self.assertIn("field", answer.json(), answer.body)
                    continue
                self.assertEqual(answer.status, 200, answer.body)
                document = self.strictly(self.whole("POST", "/v1/analysis", json.dumps(fields)))
                self.assertIn(document["verdict"], ("promote", "rollback", "inconclusive"))
                verdicts.add((document["verdict"], document["reason"]))
                for number in self.numbers(document):
                    self.assertLess(abs(number), 1e300)
                longest = max(longest, len(answer.body))
        self.assertLess(longest, 1024)
        self.assertGreater(len(verdicts), 6, verdicts)

    def test_every_document_is_whole(self):
        for path in ("/v1/streams", "/openapi.json", "/v1/streams/shop/tables?canary=good&stable=stable", "/v1/streams/shop/tables?canary=a&stable=b", "/v1/analysis?stream=shop&canary=good&stable=stable"):
            with self.subTest(path):
                self.strictly(self.whole("GET", path))
        for path in ("/livez", "/readyz"):
            self.strictly(self.whole("GET", path, operators=True))
        self.whole("GET", "/metrics", operators=True)
        self.whole("GET", "/metrics", headers={"Accept": "application/openmetrics-text"}, operators=True)
        self.strictly(self.whole("POST", "/v1/events", json.dumps(label_events("shop", "more", 1, 0, 1)[0])))

    def test_head_tells_the_length_and_sends_nothing(self):
        connection = http.client.HTTPConnection(self.service.api, timeout=PATIENCE)
        for path in ("/v1/streams", "/v1/analysis?stream=shop&canary=good&stable=stable"):
            connection.request("HEAD", path)
            response = connection.getresponse()
            self.assertEqual((response.status, response.read()), (200, b""))
            self.assertGreater(int(response.headers["Content-Length"]), 1)
        connection.close()

    def test_names_come_back_as_they_were_sent(self):
        now = int(time.time() * 1000)
        events = [{"stream": "shop", "time": now, "arm": "hostile", "pod": "p", "label": name, "reference": HOSTILE[i - 1]} for i, name in enumerate(HOSTILE)]
        answer = self.service.push(events)
        self.assertEqual(answer.status, 200, answer.body)
        tables = self.strictly(self.whole("GET", "/v1/streams/shop/tables?canary=hostile&stable=b"))
        self.assertLessEqual(set(HOSTILE), set(tables["labels"]))
        self.assertLessEqual(set(HOSTILE), set(tables["references"]))

    def test_http_1_0_gets_a_length_too(self):
        host, port = self.service.api.rsplit(":", 1)
        peer = socket.create_connection((host, int(port)), timeout=PATIENCE)
        peer.sendall(b"GET /v1/analysis?stream=shop&canary=good&stable=stable HTTP/1.0\r\n\r\n")
        got = b""
        while piece := peer.recv(65536):
            got += piece
        peer.close()
        head, _, body = got.partition(b"\r\n\r\n")
        self.assertIn(b"Content-Length: %d" % len(body), head)
        self.strictly(body)


if __name__ == "__main__":
    unittest.main()
