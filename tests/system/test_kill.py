"""kill -9 at random moments while events are pushed: what was acknowledged is there, once."""

import http.client
import json
import random
import shutil
import signal
import threading
import time
import unittest

from service import PATIENCE, Service

CONFIG = """
streams:
  - {name: plain}
  - {name: keyed, keyed: true, analysis: {design: paired}}
"""
KILLS = 50
SENDERS = 3
UNTOLD = (OSError, http.client.HTTPException)  # the answer never came: the batch may be in or not


def batch_of(sender, number, now_ms):
    """Events of batch `number`; a sender is a pod of its own, items are labelled by both arms."""
    events = []
    for i in range(20):
        arm = "canary" if i % 2 else "stable"
        event = {"stream": "plain", "time": now_ms - number % 5 * 60_000, "arm": arm, "pod": f"{arm}-{sender}",
                 "label": f"s{i % 3}", "reference": f"s{i % 4}", "count": number % 3 + 1}
        events.append(event)
    for i in range(3):
        key = f"{sender}-{number}-{i}"
        events.append({"stream": "keyed", "time": now_ms, "arm": "canary", "pod": "c", "label": "x", "key": key})
        events.append({"stream": "keyed", "time": now_ms, "key": key, "reference": "r"})
        events.append({"stream": "keyed", "time": now_ms, "arm": "stable", "pod": "s", "label": "y", "key": key})
    return events


class Sender(threading.Thread):
    """Pushes batch after batch under names of its own, each until it is acknowledged."""

    def __init__(self, drill, sender):
        super().__init__(daemon=True)
        self.drill = drill
        self.sender = sender
        self.acknowledged = 0
        self.wrong = []

    def run(self):
        number = 0
        while not self.drill.over.is_set():
            events = batch_of(self.sender, number, self.drill.now_ms)
            if self.push_once(f"{self.sender}-{number}", events):
                number += 1
                self.acknowledged = number

    def push_once(self, name, events):
        try:
            answer = self.drill.service.push(events, batch=name)
        except UNTOLD:
            time.sleep(0.005)
            return False
        if answer.status == 200 and answer.json()["accepted"] == len(events):
            return True
        self.wrong.append(answer.body)
        return False


class Drill:
    def __init__(self, service):
        self.service = service
        self.now_ms = int(time.time() * 1000)
        self.over = threading.Event()


def counted(service, stream):
    answer = service.call("GET", f"/v1/streams/{stream}/tables?canary=canary&stable=stable&window=1h")
    return answer.json()


class Kill(unittest.TestCase):
    def test_nothing_acknowledged_is_lost_and_nothing_counted_twice(self):
        service = Service(CONFIG).start()
        self.addCleanup(shutil.rmtree, service.folder, True)
        self.addCleanup(lambda: service.stop(signal.SIGKILL))
        drill = Drill(service)
        senders = [Sender(drill, i) for i in range(SENDERS)]
        for sender in senders:
            sender.start()
        draw = random.Random(20260131)
        for _ in range(KILLS):
            time.sleep(draw.uniform(0.0, 0.08))
            service.stop(signal.SIGKILL)
            service.start()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and not all(sender.acknowledged for sender in senders):
            time.sleep(0.01)
        drill.over.set()
        for sender in senders:
            sender.join()
            self.assertEqual(sender.wrong, [])
            self.assertGreater(sender.acknowledged, 0)
        self.check(service, senders)

    def check(self, service, senders):
        """Each sender may have left one batch unanswered; sent again, it is counted once as well."""
        expected = 0
        batches = 0
        for sender in senders:
            for number in range(sender.acknowledged + 1):
                events = batch_of(sender.sender, number, sender.drill.now_ms)
                answer = service.push(events, batch=f"{sender.sender}-{number}")
                self.assertEqual(answer.status, 200, answer.body)
                self.assertEqual(answer.json()["accepted"], len(events))
                if number < sender.acknowledged:
                    self.assertTrue(answer.json().get("duplicate"), "an acknowledged batch was lost")
                expected += 10 * (number % 3 + 1)
                batches += 1
        plain = counted(service, "plain")
        keyed = counted(service, "keyed")
        self.assertEqual(plain["canary"]["events"], expected, json.dumps(plain)[:300])
        self.assertEqual(plain["stable"]["events"], expected)
        self.assertEqual(keyed["canary"]["events"], 3 * batches)
        self.assertEqual(keyed["canary"]["unreferenced"], 0)
        self.assertEqual(keyed["pairs"], 3 * batches)


if __name__ == "__main__":
    unittest.main()
