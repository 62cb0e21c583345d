"""The service on a real Prometheus: tables to the unit, verdicts, and a Prometheus that fails."""

import os
import re
import shutil
import signal
import sys
import time
import unittest
import urllib.parse

from service import Service

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from prometheus_lab import Lab, Pod, story, story_pods  # noqa: E402
from server_lab import CANARY, STABLE, or_skip  # noqa: E402

def config(url):
    head = f"""
sources:
  - {{name: metrics, type: prometheus, url: "{url}", timeout: 2s, scrape_interval: 30s}}
streams:
"""
    stream = """
  - name: %s
    source: metrics
    metric: segment_assignments_total
    reference: expected_segment
    label: segment
    pod: pod
    arm: %s
    block: 1s
    on_source_error: %s
    matchers: '%s'
    analysis: {min_samples: 300}
"""
    return head + "".join(
        stream % row
        for row in (
            ("by-label", "{label: rollouts_pod_template_hash}", "error", 'segment!=""'),
            ("by-pod", '{pod_prefix: "checkout.v2-{hash}-"}', "error", 'segment!=""'),
            ("careful", "{label: rollouts_pod_template_hash}", "inconclusive", 'segment!=""'),
            ("one-job", "{label: rollouts_pod_template_hash}", "error", 'job="first"'),
        )
    )


def on_both_majors(case):
    """The tests of a class on Prometheus 2, and once more on 3 under the name of the class and a 3."""
    name = case.__name__ + "3"
    vars(sys.modules[case.__module__])[name] = type(name, (case,), {"server": "prometheus3"})
    return case


class PrometheusCase(unittest.TestCase):
    """One lab and one service for the tests of a class."""

    jobs = ("pods",)
    server = "prometheus2"

    @classmethod
    def setUpClass(cls):
        cls.lab = or_skip(Lab, cls.pods(), jobs=cls.jobs, server=cls.server)
        cls.addClassCleanup(cls.lab.close)
        cls.play()
        cls.service = Service(cls.configuration()).start()
        cls.addClassCleanup(lambda: (cls.service.stop(), shutil.rmtree(cls.service.folder)))


    @classmethod
    def configuration(cls):
        return config(cls.lab.url)


@on_both_majors
class Counts(PrometheusCase):
    @staticmethod
    def pods():
        return story_pods()

    @classmethod
    def play(cls):
        _, _, cls.truth = story(cls.lab, cls.lab.exporter.pods)

    def tables(self, stream):
        query = urllib.parse.urlencode({"canary": CANARY, "stable": STABLE, "window": "rollout"})
        answer = self.service.call("GET", f"/v1/streams/{stream}/tables?{query}")
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def counted(self, tables, arm):
        names = lambda key, at: "" if at is None else tables[key][at]  # noqa: E731
        return {
            (names("references", row), names("labels", column)): count
            for row, column, count in tables[arm]["cells"]
        }

    def incremented(self, hash_):
        sums = {}
        for (arm, _, reference, label, _), count in self.truth.items():
            if arm == hash_ and count:
                sums[(reference, label)] = sums.get((reference, label), 0) + count
        return sums

    def test_tables_hold_what_the_pods_incremented(self):
        for stream in ("by-label", "by-pod"):
            tables = self.tables(stream)
            self.assertTrue(tables["complete"], tables["incomplete_reason"])
            self.assertEqual(self.counted(tables, "canary"), self.incremented(CANARY), stream)
            self.assertEqual(self.counted(tables, "stable"), self.incremented(STABLE), stream)


@on_both_majors
class Verdicts(PrometheusCase):
    @staticmethod
    def pods():
        now = time.time()
        return [
            Pod(f"shop-{arm}-{i}", arm, now) for arm in ("stable", "good", "bad") for i in range(3)
        ]

    @classmethod
    def play(cls):
        def traffic():
            for pod in cls.lab.exporter.pods:
                pod.up = True
                hit = 20 if pod.arm == "bad" else 60
                for reference in ("s1", "s2", "s3"):
                    for label in ("s1", "s2", "s3"):
                        count = hit if reference == label else 10
                        pod.add((reference, label, "eu", "GET"), count)

        for _ in range(8):
            cls.lab.step(traffic)
            time.sleep(1.0)  # a block of its own

    def verdict(self, canary, stream="by-label"):
        answer = self.service.ask(stream=stream, canary=canary, stable="stable", interval="fixed")
        self.assertEqual(answer.status, 200, answer.body)
        got = answer.json()
        return got["verdict"], got["reason"]

    def test_a_good_canary_is_promoted_a_bad_one_rolled_back_and_an_absent_one_neither(self):
        self.assertEqual(self.verdict("good"), ("promote", "within_margin"))
        self.assertEqual(self.verdict("bad"), ("rollback", "beyond_margin"))
        self.assertEqual(self.verdict("absent")[0], "inconclusive")

    def test_a_prometheus_that_hangs_or_dies_never_becomes_a_verdict(self):
        self.lab.process.send_signal(signal.SIGSTOP)
        try:
            hung = self.service.ask(stream="by-label", canary="bad", stable="stable", margin=0.2)
            paused = self.verdict("bad", stream="careful")
        finally:
            self.lab.process.send_signal(signal.SIGCONT)
        self.assertEqual(hung.status, 504, hung.body)
        self.assertEqual(paused, ("inconclusive", "source_unavailable"))
        self.assertEqual(self.verdict("bad", stream="by-pod")[0], "inconclusive")  # no such pods
        self.assertEqual(self.verdict("bad"), ("rollback", "beyond_margin"))


class Page(PrometheusCase):
    """The configuration that docs/sources/prometheus.md calls the smallest."""

    pods = Verdicts.pods
    play = classmethod(Verdicts.play.__func__)

    @classmethod
    def configuration(cls):
        with open("docs/sources/prometheus.md", encoding="utf-8") as file:
            block = re.search(r"^    sources:\n(?:    .*\n)+", file.read(), re.M)[0]
        return re.sub(r"^    ", "", block, flags=re.M).replace("http://prometheus:9090", cls.lab.url)

    def test_the_smallest_configuration_counts(self):
        answer = self.service.call("GET", "/v1/streams/checkout-segments/tables?canary=good&stable=stable&window=rollout")
        self.assertEqual(answer.status, 200, answer.body)
        tables = answer.json()
        self.assertTrue(tables["complete"], tables["incomplete_reason"])
        self.assertEqual(len(tables["canary"]["cells"]), 9)
        self.assertEqual(len(tables["stable"]["cells"]), 9)


@on_both_majors
class Twice(PrometheusCase):
    """Two jobs scrape the same pods: every count is there twice."""

    jobs = ("first", "second")
    pods = Verdicts.pods
    play = classmethod(Verdicts.play.__func__)
    verdict = Verdicts.verdict

    def test_doubled_counts_never_become_a_verdict(self):
        self.assertEqual(self.verdict("bad"), ("inconclusive", "incomplete_data"))
        answer = self.service.call("GET", "/v1/streams/by-label/tables?canary=bad&stable=stable&window=rollout")
        self.assertIn("is scraped twice", answer.json()["incomplete_reason"])

    def test_a_matcher_for_one_job_settles_it(self):
        self.assertEqual(self.verdict("bad", stream="one-job"), ("rollback", "beyond_margin"))


@on_both_majors
class Death(PrometheusCase):
    pods = Verdicts.pods

    @classmethod
    def play(cls):
        pass

    def test_a_dead_prometheus_is_a_refusal_that_names_the_host(self):
        self.lab.process.kill()
        self.lab.process.wait()
        answer = self.service.ask(stream="by-label", canary="bad", stable="stable")
        self.assertEqual(answer.status, 502, answer.body)
        self.assertIn("127.0.0.1", answer.json()["detail"])


if __name__ == "__main__":
    unittest.main()
