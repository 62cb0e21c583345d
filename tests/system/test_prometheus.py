"""The service on a real Prometheus: tables to the unit, verdicts, and a Prometheus that fails."""

import os
import sys
import time
import unittest
import urllib.parse

from remote_source import RemoteCase, VerdictTests, smallest_configuration

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


class PrometheusCase(RemoteCase):
    """One lab for the tests of a class."""

    jobs = ("pods",)
    server = "prometheus2"
    judged, stable = "by-label", "stable"

    @classmethod
    def setUpClass(cls):
        cls.lab = or_skip(Lab, cls.pods(), jobs=cls.jobs, server=cls.server)
        cls.addClassCleanup(cls.lab.close)
        super().setUpClass()

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
class Verdicts(VerdictTests, PrometheusCase):
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

    def test_an_arm_without_such_pods_is_neither(self):
        self.assertEqual(self.verdict("bad", stream="by-pod")[0], "inconclusive")


class Page(PrometheusCase):
    """The configuration that docs/sources/prometheus.md calls the smallest."""

    pods = Verdicts.pods
    play = classmethod(Verdicts.play.__func__)

    @classmethod
    def configuration(cls):
        with open("docs/sources/prometheus.md", encoding="utf-8") as file:
            return smallest_configuration(file.read()).replace("http://prometheus:9090", cls.lab.url)

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

    def test_doubled_counts_never_become_a_verdict(self):
        self.assertEqual(self.verdict("bad"), ("inconclusive", "incomplete_data"))
        answer = self.service.call("GET", "/v1/streams/by-label/tables?canary=bad&stable=stable&window=rollout")
        self.assertIn("is scraped twice", answer.json()["incomplete_reason"])

    def test_a_matcher_for_one_job_settles_it(self):
        self.assertEqual(self.verdict("bad", stream="one-job"), ("rollback", "beyond_margin"))


if __name__ == "__main__":
    unittest.main()
