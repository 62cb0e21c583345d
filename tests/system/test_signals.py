"""Stops and reloads under load: whoever was let in is answered, and what was acknowledged is kept, once."""

import http.client
import json
import shutil
import signal
import threading
import time
import unittest

from service import PATIENCE, Service, label_events

STREAMS = "streams:\n  - {name: shop, analysis: {min_samples: 300}}\n"
PUSHERS = 4
ASKERS = 4
BATCH = 50


class Load:
    """Pushers and askers until told to end; each request has an outcome: its status, or why there was none."""

    def __init__(self, service, keeps_alive):
        self.service = service
        self.keeps_alive = keeps_alive
        self.ending = threading.Event()
        self.outcomes = []
        self.batches = {}  # name → events of those sent
        self.acknowledged = set()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.push, args=(i,)) for i in range(PUSHERS)]
        self.threads += [threading.Thread(target=self.ask, args=(i,)) for i in range(ASKERS)]
        for thread in self.threads:
            thread.start()

    def join(self):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def requests(self, method, path, make):
        """Sends what `make` yields, each to its end. Nobody listening any more ends it."""
        connection = None
        for name, body, headers in make:
            if self.ending.is_set():
                break
            fresh = connection is None
            if fresh:
                connection = http.client.HTTPConnection(self.service.api, timeout=PATIENCE)
                try:
                    connection.connect()
                except OSError:
                    return
            status, closes = "a body cut short", True
            try:
                connection.request(method, path, body, headers)
                response = connection.getresponse()
                text = response.read()
                if len(text) == int(response.headers["Content-Length"]):
                    status = response.status if response.status == 200 else (response.status, text)
                    closes = response.headers.get("Connection") == "close"
            except (OSError, http.client.HTTPException) as failure:
                status = (repr(failure), method, name, self.keeps_alive and fresh)
            with self.lock:
                self.outcomes.append(status)
                if status == 200 and name:
                    self.acknowledged.add(name)
            if closes or not self.keeps_alive:
                connection.close()
                connection = None
        if connection:
            connection.close()

    def push(self, number):
        def batches():
            for turn in range(1_000_000):
                name = f"{number}-{turn}"
                events = label_events("shop", "canary" if number else "stable", BATCH, 0.1, name)
                with self.lock:
                    self.batches[name] = events
                body = "".join(json.dumps(event) + "\n" for event in events)
                yield name, body, {"Idempotency-Key": name}

        self.requests("POST", "/v1/events", batches())

    def ask(self, number):
        def questions():
            for turn in range(1_000_000):
                fields = {"stream": "shop", "canary": "canary", "stable": "stable", "margin": 0.05 + number / 100}
                yield None, json.dumps(fields), {}

        self.requests("POST", "/v1/analysis", questions())

    def wait_for(self, count, acknowledged=0):
        end = time.monotonic() + PATIENCE
        while (len(self.outcomes) < count or len(self.acknowledged) < acknowledged) and time.monotonic() < end:
            time.sleep(0.01)


class UnderLoad(unittest.TestCase):
    def start(self, config=STREAMS):
        service = Service(config).start()
        self.addCleanup(shutil.rmtree, service.folder)
        return service

    def counted(self, service):
        tables = service.call("GET", "/v1/streams/shop/tables?canary=canary&stable=stable&window=30m").json()
        return tables["canary"]["events"] + tables["stable"]["events"]

    def assert_every_batch_is_there_once(self, service, load):
        counted = self.counted(service)
        self.assertGreaterEqual(counted, BATCH * len(load.acknowledged))
        self.assertLessEqual(counted, BATCH * len(load.batches))
        for name, events in load.batches.items():
            self.assertEqual(service.push(events, batch=name).json()["accepted"], BATCH)
        self.assertEqual(self.counted(service), BATCH * len(load.batches))

    def stop_under_load(self, keeps_alive):
        service = self.start("shutdown_delay: 300ms\n" + STREAMS)
        load = Load(service, keeps_alive)
        load.wait_for(200, acknowledged=20)
        code = service.stop()
        load.join()
        self.assertEqual(code, 0)
        self.assertGreater(len(load.acknowledged), 10)
        self.assertEqual({status for status in load.outcomes}, {200}, "every request that was let in has its answer")
        service.start()
        self.assert_every_batch_is_there_once(service, load)
        service.stop()

    def test_sigterm_among_connections_that_last(self):
        self.stop_under_load(keeps_alive=True)

    def test_sigterm_among_connections_of_one_request(self):
        self.stop_under_load(keeps_alive=False)

    def test_readiness_fails_first(self):
        service = self.start("shutdown_delay: 60s\n" + STREAMS)
        service.process.send_signal(signal.SIGTERM)
        service.wait_logged("stopping")
        refused = service.call("GET", "/readyz", operators=True)
        self.assertEqual((refused.status, refused.headers["Retry-After"]), (503, "1"))
        self.assertEqual(service.call("GET", "/livez", operators=True).status, 200)
        answer = service.call("GET", "/v1/streams")
        self.assertEqual((answer.status, answer.headers["Connection"]), (200, "close"))
        service.process.send_signal(signal.SIGTERM)
        self.assertEqual(service.process.wait(PATIENCE), 0, "a second signal ends the wait")
        service.stop()

    def reload_under_load(self, heads):
        service = self.start()
        load = Load(service, keeps_alive=True)
        for turn in range(50):
            service.write("serin.yaml", service.head() + heads[turn % len(heads)] + STREAMS)
            service.process.send_signal(signal.SIGHUP)
            load.wait_for(len(load.outcomes) + 10)
        load.join()
        self.assertEqual(set(load.outcomes), {200})
        self.assertEqual(service.logged("configuration refused; the one in force stays"), [])
        self.assertGreater(len(service.wait_logged("configuration reloaded")), 10)
        self.assertEqual(self.counted(service), BATCH * len(load.acknowledged))
        self.assertEqual(service.stop(), 0)

    def test_fifty_reloads_fail_no_request(self):
        self.reload_under_load(["", "log_level: warning\n", "log_level: info\ndeadline: 5s\n"])

    def test_nor_do_fifty_that_replace_the_listener(self):
        self.reload_under_load(["limits: {idle_timeout: 70s}\n", "limits: {connections: 500}\n", ""])


if __name__ == "__main__":
    unittest.main()
