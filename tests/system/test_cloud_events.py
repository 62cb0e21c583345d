"""CloudEvents as the CloudEvents SDK sends them, and as nobody should."""

import gzip
import json
import shutil
import time
import unittest

import sdk
from service import Service
from test_docs import TIMES, examples

STREAMS = "streams: [{name: checkout-segments}]\n"
NOW = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
DATA = {"stream": "checkout-segments", "time": NOW, "arm": "a", "pod": "p", "label": "x"}


def envelope(number, **change):
    event = {"specversion": "1.0", "id": str(number), "source": "/s", "type": "t", "data": DATA, **change}
    return {name: value for name, value in event.items() if value is not None}


class CloudEventCase(unittest.TestCase):
    def setUp(self):
        self.service = Service(STREAMS).start()
        self.addCleanup(shutil.rmtree, self.service.folder)
        self.addCleanup(self.service.stop)

    def push(self, body, content_type, **headers):
        return self.service.call("POST", "/v1/events", body, {"Content-Type": content_type, **headers})

    def events(self, arm="a"):
        path = f"/v1/streams/checkout-segments/tables?canary={arm}&stable=nobody"
        return self.service.call("GET", path).json()["canary"]["events"]


class Sdk(CloudEventCase):
    def test_each_event_of_the_sdk_counts_once_in_whatever_mode_it_comes(self):
        lines = sdk.send("send_cloud_events.py", f"http://{self.service.api}/v1/events", "checkout-segments").splitlines()
        got = [(line["mode"], line["status"], line["answer"]) for line in map(json.loads, lines)]
        once = {"accepted": 1}
        again = {"accepted": 1, "duplicate": True}
        self.assertEqual(got[:2], [("structured", 200, once)] * 2)
        self.assertEqual(got[2:4], [("binary", 200, again), ("binary", 200, once)])
        self.assertEqual(got[4], ("batched", 200, {"accepted": 3, "repeated": 1}))
        self.assertEqual(got[5], ("batched", 200, {"accepted": 2, "duplicate": True}))
        self.assertEqual(got[6][:2], ("batched", 404))
        self.assertEqual(got[6][2]["field"], "event 2: data.stream")
        self.assertEqual(self.events("7d9f8c6b5"), 5)


class Page(CloudEventCase):
    def test_the_example_of_the_page_is_taken_by_the_configuration_of_the_page(self):
        with open("docs/sources/cloudevents.md", encoding="utf-8") as file:
            text = file.read()
        self.assertIn("    streams:\n      - name: checkout-segments\n\n", text)
        ((method, path, headers, body, status, document),) = examples(text)
        answer = self.service.call(method, path, TIMES.sub(NOW, body), headers)
        self.assertEqual((answer.status, answer.json()), (status, document))
        self.assertEqual(self.events("7d9f8c6b5"), 1)


class Requests(CloudEventCase):
    def test_ids_are_known_after_a_crash(self):
        body = json.dumps([envelope(1), envelope(2)])
        batch = "application/cloudevents-batch+json"
        self.assertEqual(self.push(body, batch).json(), {"accepted": 2})
        self.service.stop(9)
        self.service.start()
        body = gzip.compress(json.dumps([envelope(2), envelope(3)]).encode())
        answer = self.push(body, batch, **{"Content-Encoding": "gzip"})
        self.assertEqual(answer.json(), {"accepted": 2, "repeated": 1})
        self.assertEqual(self.events(), 3)

    def test_what_is_no_event_is_refused_and_told(self):
        one, batch = "application/cloudevents+json", "application/cloudevents-batch+json"
        binary = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t"}
        cases = [
            (one, {}, json.dumps(envelope(1, id=None)), 422, "id"),
            (one, {}, json.dumps(envelope(1, specversion="0.3")), 422, "specversion"),
            (one, {}, json.dumps(envelope(1, data=None)), 422, "data"),
            (one, {}, json.dumps(envelope(1, data={**DATA, "refrence": "y"})), 422, "data"),
            (one, {}, json.dumps([envelope(1)]), 422, None),
            (one, {}, json.dumps(envelope(1)) * 2, 422, None),
            (one, {}, "", 422, None),
            (batch, {}, json.dumps(envelope(1)), 422, None),
            (batch, {}, json.dumps([envelope(1)])[:-1], 422, None),
            ("application/json", {**binary, "ce-id": ""}, json.dumps(DATA), 422, "ce-id"),
            ("application/json", {"ce-id": "1"}, json.dumps(DATA), 422, "ce-specversion"),
            ("application/json", binary, json.dumps({**DATA, "label": 4}), 422, "label"),
            ("text/plain", binary, json.dumps(DATA), 415, "Content-Type"),
            ("application/cloudevents+avro", {}, "Obj", 415, "Content-Type"),
        ]
        for content_type, headers, body, status, field in cases:
            with self.subTest(content_type, body=body[:60]):
                answer = self.push(body, content_type, **headers)
                self.assertEqual((answer.status, answer.json().get("field")), (status, field), answer.body)
        self.assertEqual(self.events(), 0)


if __name__ == "__main__":
    unittest.main()
