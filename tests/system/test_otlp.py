"""OTLP logs as the OpenTelemetry SDK sends them, its retries, and what a sender is told."""

import gzip
import hashlib
import http.client
import http.server
import json
import shutil
import threading
import time
import unittest
import urllib.request

import sdk
from service import PATIENCE, Answer, Service
from test_docs import examples
from test_documents import block

PAGE = "docs/sources/otlp.md"
STREAMS = block(PAGE, "streams:")
JSON = {"Content-Type": "application/json"}


def attributes(**values):
    return [{"key": name.replace("__", "."), "value": {"stringValue": value}} for name, value in values.items()]


def request(*records, **resource):
    place = {"k8s__pod__name": "p", "k8s__pod__label__rollouts-pod-template-hash": "a", **resource}
    return json.dumps({"resourceLogs": [{"resource": {"attributes": attributes(**place)}, "scopeLogs": [{"logRecords": list(records)}]}]})


def record(number=0, name="segment.assigned", **values):
    return {"timeUnixNano": str(time.time_ns() - number), "eventName": name, "attributes": attributes(**values)}


class Forgetful(http.server.BaseHTTPRequestHandler):
    """Passes a request on to Serin, but says the first time that it could not."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        passed = {name: value for name, value in self.headers.items() if name.lower() in ("content-type", "content-encoding")}
        answer = urllib.request.urlopen(urllib.request.Request(self.server.url, data=body, headers=passed, method="POST")).read()
        is_first = body not in self.server.seen
        self.server.seen.append(body)
        self.send_response(503 if is_first else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class OtlpCase(unittest.TestCase):
    config = STREAMS

    def setUp(self):
        self.service = Service(self.config).start()
        self.addCleanup(shutil.rmtree, self.service.folder)
        self.addCleanup(self.service.stop)

    def push(self, body, headers=None):
        return self.service.call("POST", "/v1/logs", body, {**JSON, **(headers or {})})

    def tables(self, arm):
        return self.service.call("GET", f"/v1/streams/checkout-segments/tables?canary={arm}&stable=nobody").json()

    def events(self, arm="a"):
        return self.tables(arm)["canary"]["events"]

    def assert_status(self, answer, http_code, code):
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (http_code, "application/json"), answer.body)
        status = answer.json()
        self.assertEqual((list(status), status["code"]), (["code", "message"], code))
        return status["message"]


class Sdk(OtlpCase):
    def test_each_event_of_the_sdk_is_counted_where_it_belongs(self):
        for compression in ("none", "gzip"):
            sdk.send("send_otlp_logs.py", f"http://{self.service.api}/v1/logs", "250", compression)
        tables = self.tables("7d9f8c6b5")
        self.assertEqual((tables["canary"]["events"], tables["canary"]["unreferenced"], tables["canary"]["pods"]), (500, 0, 1))
        self.assertEqual((tables["references"], sorted(count for _, _, count in tables["canary"]["cells"])), (["s1"], [166, 166, 168]))
        metrics = self.service.metrics()
        self.assertEqual(metrics['serin_log_records_total{result="received"}'], 550)
        self.assertEqual(metrics['serin_log_records_total{result="rejected"}'], 0)

    def test_what_the_sdk_sends_again_is_counted_once(self):
        proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Forgetful)
        proxy.url, proxy.seen = f"http://{self.service.api}/v1/logs", []
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        self.addCleanup(proxy.server_close)
        self.addCleanup(proxy.shutdown)
        sdk.send("send_otlp_logs.py", f"http://127.0.0.1:{proxy.server_port}/v1/logs", "80", "gzip")
        self.assertGreater(len(proxy.seen), len({hashlib.sha256(body).digest() for body in proxy.seen}), "the SDK tried again")
        self.assertEqual(self.events("7d9f8c6b5"), 80)


class Page(OtlpCase):
    def test_the_example_of_the_page_is_taken_by_the_configuration_of_the_page(self):
        with open(PAGE, encoding="utf-8") as file:
            ((method, path, headers, body, status, document),) = examples(file.read())
        answer = self.service.call(method, path, body.replace("1769860800250000000", str(time.time_ns())), headers)
        self.assertEqual((answer.status, answer.json()), (status, document))
        self.assertEqual(self.events("7d9f8c6b5"), 1)


class Requests(OtlpCase):
    def test_a_request_acknowledged_before_a_crash_is_known_after_it(self):
        body = request(record(segment="s1"), record(1, segment="s2")).encode()
        self.assertEqual(self.push(body).json(), {})
        self.service.stop(9)
        self.service.start()
        self.assertEqual(self.push(gzip.compress(body), {"Content-Encoding": "gzip"}).json(), {})
        self.assertEqual(self.events(), 2)

    def test_a_bad_record_is_told_and_the_others_count(self):
        answer = self.push(request(record(segment="s1"), record(1), record(2, segment="s2"), record(3, name="other")))
        self.assertEqual(answer.status, 200)
        partial = answer.json()["partialSuccess"]
        self.assertEqual(partial["rejectedLogRecords"], "1")
        self.assertRegex(partial["errorMessage"], r'log record 2, stream "checkout-segments", label: .*attribute "segment".*otlp.label')
        self.assertEqual(self.events(), 2)
        self.assertEqual(self.service.wait_logged("log records rejected")[0]["detail"], partial["errorMessage"])

    def test_names_that_are_not_camel_case_are_told(self):
        partial = self.push(request(record(segment="s1")).replace("resourceLogs", "resource_logs")).json()["partialSuccess"]
        self.assertEqual(partial["rejectedLogRecords"], "0")
        self.assertIn("camelCase", partial["errorMessage"])

    def announce(self, size):
        """The answer to a body that is not waited for."""
        connection = http.client.HTTPConnection(self.service.api, timeout=PATIENCE)
        self.addCleanup(connection.close)
        connection.putrequest("POST", "/v1/logs")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(size))
        connection.endheaders()
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())

    def test_failures_are_status_messages(self):
        self.assertIn("column", self.assert_status(self.push("{"), 400, 3))
        self.assertIn("a list", self.assert_status(self.push('{"resourceLogs":{}}'), 400, 3))
        self.assertIn("log record 1", self.assert_status(self.push(request(7)), 400, 3))
        message = self.assert_status(self.push(b"\n\x00", {"Content-Type": "application/x-protobuf"}), 415, 12)
        self.assertIn("OTEL_EXPORTER_OTLP_PROTOCOL=http/json", message)
        self.assertIn("gzip", self.assert_status(self.push("{}", {"Content-Encoding": "zstd"}), 415, 12))
        self.assert_status(self.announce(9 << 20), 413, 8)
        self.assert_status(self.push(gzip.compress(b" " * (17 << 20)), {"Content-Encoding": "gzip"}), 413, 8)
        self.assertEqual(self.events(), 0)


class Guarded(unittest.TestCase):
    def setUp(self):
        self.service = Service("")
        self.addCleanup(shutil.rmtree, self.service.folder)
        holders = {"reader": ("read", "*"), "other": ("push", "elsewhere"), "sender": ("push", "checkout-*")}
        rows = (f"  - {{name: {name}, sha256: {hashlib.sha256(name.encode()).hexdigest()}, rights: [{right}], streams: ['{streams}']}}\n" for name, (right, streams) in holders.items())
        self.service.write("tokens.yaml", "tokens:\n" + "".join(rows))
        self.service.config = f"auth: {{tokens: {self.service.path('tokens.yaml')}}}\n" + STREAMS
        self.service.start()
        self.addCleanup(self.service.stop)

    def push(self, token):
        headers = {**JSON, **({"Authorization": "Bearer " + token} if token else {})}
        return self.service.call("POST", "/v1/logs", request(record(segment="s1")), headers)

    def test_who_may_not_write_is_told_in_the_protocol_s_words(self):
        for token, http_code, code in ((None, 401, 16), ("nobody", 401, 16), ("reader", 403, 7)):
            answer = self.push(token)
            self.assertEqual((answer.status, answer.json()["code"]), (http_code, code))
        partial = self.push("other").json()["partialSuccess"]
        self.assertEqual(partial["rejectedLogRecords"], "1")
        self.assertIn("may not write", partial["errorMessage"])
        self.assertEqual(self.push("sender").json(), {})


class Unmapped(unittest.TestCase):
    def test_a_service_without_a_mapping_says_so(self):
        service = Service("streams: [{name: shop}]\n").start()
        self.addCleanup(shutil.rmtree, service.folder)
        self.addCleanup(service.stop)
        answer = service.call("POST", "/v1/logs", "{}", JSON)
        self.assertEqual(answer.status, 400)
        self.assertIn("key otlp", answer.json()["message"])


if __name__ == "__main__":
    unittest.main()
