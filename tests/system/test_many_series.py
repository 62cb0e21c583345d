"""A stream of 100,000 series: counted exactly, in memory that follows the series and not the bytes."""

import shutil
import time
import unittest

from fake_prometheus import FakePrometheus, document, response
from service import SANITIZED, Service

PODS = {"canary": 20, "stable": 80}
LABELS, REFERENCES, SAMPLES = 50, 20, 40  # 1,000 series a pod
PEAK_KIB = 128 * 1024

CONFIG = """
deadline: 5m
sources:
  - {name: metrics, type: prometheus, url: "http://%s/many", timeout: 5m, scrape_interval: 30s}
streams:
  - {name: many, source: metrics, metric: labels_total, reference: want, label: got, pod: pod, arm: {label: hash}, block: 1m}
"""


def answer(arm):
    """Each series counts 1 with each sample; its first sample is the baseline."""
    now = int(time.time())
    values = ",".join(f'[{now - 15 * (SAMPLES - 1 - step)}.25,"{step}"]' for step in range(SAMPLES))
    rows = (
        f'{{"metric":{{"__name__":"labels_total","hash":"{arm}","instance":"10.0.0.{pod}:8080",'
        f'"pod":"{arm}-{pod}","want":"s{want}","got":"s{got}"}},"values":[{values}]}}'
        for pod in range(PODS[arm])
        for want in range(REFERENCES)
        for got in range(LABELS)
    )
    body = '{"status":"success","data":{"resultType":"matrix","result":[' + ",".join(rows) + "]}}"
    return response(body.encode())


class ManySeries(unittest.TestCase):
    def test_the_answer_is_counted_as_it_comes(self):
        answers = {arm: answer(arm) for arm in PODS}
        nothing = response(document([]))
        send = lambda peer, request: peer.sendall(nothing if request.asks_start_times else answers[request.arm])  # noqa: E731
        fake = FakePrometheus({"many": send})
        self.addCleanup(fake.close)
        service = Service(CONFIG % fake.address).start()
        self.addCleanup(shutil.rmtree, service.folder)
        self.addCleanup(service.stop)
        start = time.monotonic()
        got = service.call("GET", "/v1/streams/many/tables?canary=canary&stable=stable&window=1h")
        seconds = time.monotonic() - start
        self.assertEqual(got.status, 200, got.body)
        tables = got.json()
        self.assertTrue(tables["complete"], tables["incomplete_reason"])
        for arm, pods in PODS.items():
            cells = tables[arm]["cells"]
            self.assertEqual(len(cells), LABELS * REFERENCES)
            self.assertEqual({count for _, _, count in cells}, {pods * (SAMPLES - 1)})
        series = LABELS * REFERENCES * sum(PODS.values())
        size, peak = sum(map(len, answers.values())), service.memory_kib("VmHWM")
        print(f"\n{series} series, {size >> 20} MiB of answers in {seconds:.1f} s, peak memory {peak >> 10} MiB")
        if not SANITIZED:
            self.assertLess(peak, PEAK_KIB)


if __name__ == "__main__":
    unittest.main()
