"""What the tests of sources on real servers share: a service of their own, tables as sums, and verdicts."""

import re
import shutil
import signal
import unittest

from service import Service


def smallest_configuration(page):
    """The configuration that a page of docs/sources begins with."""
    block = re.search(r"^    sources:\n(?:    .*\n)+", page, re.M)[0]
    return re.sub(r"^    ", "", block, flags=re.M)


class RemoteCase(unittest.TestCase):
    """One service for the tests of a class, on the server of `lab`. Verdicts are about the stream `judged`."""

    @classmethod
    def setUpClass(cls):
        cls.play()
        cls.service = Service(cls.configuration()).start()
        cls.addClassCleanup(lambda: (cls.service.stop(), shutil.rmtree(cls.service.folder)))

    @staticmethod
    def counted(tables, arm="canary"):
        names = lambda key, at: "" if at is None else tables[key][at]  # noqa: E731
        return {(names("references", row), names("labels", column)): count for row, column, count in tables[arm]["cells"]}

    def verdict(self, canary, stream=None):
        answer = self.service.ask(stream=stream or self.judged, canary=canary, stable=self.stable, interval="fixed")
        self.assertEqual(answer.status, 200, answer.body)
        got = answer.json()
        return got["verdict"], got["reason"]


class VerdictTests:
    """Of arms good and bad in the stream `judged`, and in "careful", which does not fail with its source."""

    def test_a_good_canary_is_promoted_a_bad_one_rolled_back_and_an_absent_one_neither(self):
        self.assertEqual(self.verdict("good"), ("promote", "within_margin"))
        self.assertEqual(self.verdict("bad"), ("rollback", "beyond_margin"))
        self.assertEqual(self.verdict("absent")[0], "inconclusive")

    def test_a_server_that_hangs_never_becomes_a_verdict(self):
        self.lab.process.send_signal(signal.SIGSTOP)
        try:
            hung = self.service.ask(stream=self.judged, canary="bad", stable=self.stable, margin=0.2)
            paused = self.verdict("bad", stream="careful")
        finally:
            self.lab.process.send_signal(signal.SIGCONT)
        self.assertEqual(hung.status, 504, hung.body)
        self.assertEqual(paused, ("inconclusive", "source_unavailable"))
        self.assertEqual(self.verdict("bad"), ("rollback", "beyond_margin"))

    def test_z_a_dead_server_is_a_refusal_that_names_the_host(self):
        self.lab.end()
        answer = self.service.ask(stream=self.judged, canary="bad", stable=self.stable, margin=0.3)
        self.assertEqual(answer.status, 502, answer.body)
        self.assertIn("127.0.0.1", answer.json()["detail"])
