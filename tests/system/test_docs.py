"""The examples of docs/api.md are run, and the fields it lists are those of the API."""

import json
import re
import shutil
import time
import unittest

from service import Service, label_events

CONFIG = """
streams:
  - {name: checkout-segments, owner: team-checkout, slices: [region], analysis: {design: reference}}
"""
TIMES = re.compile(r"2026-01-31T12:00:(\d\d)(\.\d+)?Z")
ANYTHING = "…"


def examples(text):
    """(method, path, headers, body, status, document) of each indented block."""
    for block in re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", text, re.M):
        lines = [line[4:] for line in block.splitlines()]
        first = re.fullmatch(r"(GET|POST) (/\S+)", lines[0])
        if not first:
            continue
        status = next(i for i, line in enumerate(lines) if re.fullmatch(r"\d{3}", line))
        asked = lines[1:status]
        headers = dict(line.split(": ", 1) for line in asked if re.match(r"[A-Z][A-Za-z-]+: ", line))
        body = "\n".join(line for line in asked if line.startswith("{"))
        yield first[1], first[2], headers, body, int(lines[status]), json.loads("\n".join(lines[status + 1 :]))


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service(CONFIG).start()
        for arm, count, errors in (("7c9f8d5b47", 10000, 0.06), ("6d4b75cb6d", 2500, 0.14), ("5b8f7c9d4", 40, 0.06)):
            events = label_events("checkout-segments", arm, count, errors * 1.25, seed=arm, pods=2)
            assert cls.service.push(events).status == 200
        with open("docs/api.md", encoding="utf-8") as file:
            cls.text = file.read()

    @classmethod
    def tearDownClass(cls):
        cls.service.stop()
        shutil.rmtree(cls.service.folder)

    def assert_alike(self, shown, got, where):
        if shown == ANYTHING:
            return
        if isinstance(shown, dict):
            self.assertIsInstance(got, dict, where)
            self.assertEqual(list(shown), list(got), where)
            for name, value in shown.items():
                self.assert_alike(value, got[name], f"{where}.{name}")
        elif isinstance(shown, list):
            self.assertIsInstance(got, list, where)
            if ANYTHING not in shown:
                self.assertEqual(len(shown), len(got), where)
            for index, (one, other) in enumerate(zip(shown, got)):
                self.assert_alike(one, other, f"{where}[{index}]")
        elif isinstance(shown, (int, float)) and not isinstance(shown, bool):
            self.assertIsInstance(got, (int, float), where)
        else:
            self.assertEqual(shown, got, where)

    def test_each_example_answers_as_shown(self):
        ran = 0
        for method, path, headers, body, status, document in examples(self.text):
            with self.subTest(path=path, body=body[:80]):
                now = int(time.time()) - 60
                body = TIMES.sub(lambda match: time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now + int(match[1]))) + (match[2] or "") + "Z", body)
                operators = path in ("/livez", "/readyz")
                answer = self.service.call(method, path, body or None, headers, operators)
                self.assertEqual(answer.status, status, answer.body)
                self.assert_alike(document, answer.json(), path)
            ran += 1
        self.assertEqual(ran, 7)

    def test_the_fields_listed_are_those_of_the_api(self):
        table = self.text.split("| field | default | |")[1].split("\n\n")[0]
        listed = {name for row in table.splitlines() if row.startswith("| `") for name in re.findall(r"`(\w+)`", row.split("|")[1])}
        described = self.service.call("GET", "/openapi.json").json()["components"]["schemas"]["Question"]["properties"]
        self.assertEqual(listed, set(described))
        sample = {"stream": "checkout-segments", "canary": "a", "stable": "b", "rollout": "r", "namespace": "n", "window": "5m", "design": "shift", "margin": 0.2, "shift_margin": 0.1, "level": 0.9, "interval": "fixed", "normalizer": "max", "min_samples": 20, "slices": ["region"], "label_names": "fixed"}
        self.assertEqual(set(sample), set(described))
        answer = self.service.ask(**sample)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(self.service.ask(**sample, one_more=1).json()["field"], "one_more")

    def test_the_codes_listed_can_come(self):
        listed = {int(code) for row in re.findall(r"^\| ([\d, ]+) \|", self.text, re.M) for code in row.split(",")}
        self.assertEqual(listed, {400, 401, 403, 404, 405, 409, 413, 414, 415, 422, 502, 503, 504})


if __name__ == "__main__":
    unittest.main()
