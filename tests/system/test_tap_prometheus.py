"""A tap scraped by a real Prometheus, and `serve` judging what was scraped."""

import os
import random
import shutil
import signal
import sys
import time
import unittest

from service import Service
from tap import TapCase, free_port

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from prometheus_lab import Scraper  # noqa: E402


class Prometheus(TapCase):
    ARMS = ("stable", "canary")

    def setUp(self):
        self.ports = {arm: free_port() for arm in self.ARMS}
        self.taps = {arm: self.start_tap(arm) for arm in self.ARMS}
        self.start_prometheus()
        config = f"""
sources:
  - {{name: metrics, type: prometheus, url: "{self.prometheus.url}", timeout: 2s, scrape_interval: 30s}}
streams:
  - name: taps
    source: metrics
    metric: serin_label_events_total
    reference: reference
    label: label
    pod: pod
    arm: {{label: arm}}
    process_start: serin_tap_start_time_seconds
    block: 1s
    analysis: {{min_samples: 300}}
"""
        self.service = Service(config).start()
        self.addCleanup(lambda: (self.service.stop(), shutil.rmtree(self.service.folder)))

    def start_tap(self, arm):
        return self.tap("--listen", f"127.0.0.1:{self.ports[arm]}", file="-", arm=arm, pod=f"shop-{arm}-1")

    def start_prometheus(self):
        self.prometheus = Scraper("prometheus2")
        self.addCleanup(self.prometheus.close)
        self.prometheus.write_config("200ms", {"taps": [{"targets": [f"127.0.0.1:{port}" for port in self.ports.values()]}]})
        self.prometheus.start()

    def wait_scraped(self, arm, total):
        query = f'sum(serin_label_events_total{{arm="{arm}"}})'
        shown = lambda: [float(series["value"][1]) for series in self.prometheus.ask(query)]  # noqa: E731
        self.assertTrue(self.prometheus.wait_until(lambda: shown() == [total]), f"{arm}: {shown()}, not {total}")

    def send(self, arm, count, errors, seed):
        draw = random.Random(seed)
        events = []
        for _ in range(count):
            truth = draw.randrange(5)
            label = draw.randrange(5) if draw.random() < errors else truth
            events.append({"label": f"s{label}", "reference": f"s{truth}"})
        self.taps[arm].send(events)

    def tables(self):
        answer = self.service.call("GET", "/v1/streams/taps/tables?canary=canary&stable=stable&window=rollout")
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def test_a_canary_that_got_worse_is_rolled_back_from_exact_counts(self):
        for turn in range(6):
            self.send("canary", 250, 0.7, 100 + turn)  # first: with it the window begins
            self.wait_scraped("canary", 250 * (turn + 1))
            self.send("stable", 500, 0.1, turn)
            self.wait_scraped("stable", 500 * (turn + 1))
            time.sleep(1.0)  # a block of its own
        tables = self.tables()
        self.assertTrue(tables["complete"], tables["incomplete_reason"])
        for arm, total in (("stable", 3000), ("canary", 1500)):
            self.assertEqual(sum(count for _, _, count in tables[arm]["cells"]), total)
        answer = self.service.ask(stream="taps", canary="canary", stable="stable", interval="fixed").json()
        self.assertEqual(answer["verdict"], "rollback", answer)

    def test_a_tap_that_was_killed_begins_anew_and_no_count_is_negative_or_lost_twice(self):
        self.send("stable", 400, 0.1, 1)
        self.send("canary", 400, 0.1, 2)
        for arm in self.ARMS:
            self.wait_scraped(arm, 400)
        self.taps["canary"].stop(signal.SIGKILL)
        time.sleep(1.1)  # start times closer together than a second are taken as one
        self.taps["canary"] = self.start_tap("canary")
        self.send("canary", 900, 0.1, 3)  # more than before: the counter alone shows no reset
        self.wait_scraped("canary", 900)
        tables = self.tables()
        self.assertTrue(tables["complete"], tables["incomplete_reason"])
        self.assertEqual(sum(count for _, _, count in tables["canary"]["cells"]), 1300)


if __name__ == "__main__":
    unittest.main()
