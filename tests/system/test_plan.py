"""`serin plan`: from stated numbers, a file, a configured stream; the template; the lint."""

import json
import os
import random
import subprocess
import tempfile
import unittest

from service import BINARY, strict_json

MODEL = ["--nmi", "0.8", "--labels", "5"]
QUICK = ["--pods", "0"]  # blocks unknown: what the tests ask does not depend on them


def plan(*words, stdin=""):
    return subprocess.run([BINARY, "plan", *words], input=stdin, capture_output=True, text=True, timeout=120, check=False)


def planned(*words):
    done = plan(*words, "--json")
    assert done.returncode == 0, done.stderr
    return strict_json(done.stdout.encode())


def write_history(folder, minutes=30, per_minute=100, seed=7):
    """Five labels, one in ten at random: an NMI of about 0.75."""
    random.seed(seed)
    path = os.path.join(folder, "stable.csv")
    with open(path, "w", encoding="utf-8") as file:
        file.write("time,pod,reference,label\n")
        for minute in range(minutes):
            for event in range(per_minute):
                reference = random.randrange(5)
                label = random.randrange(5) if random.random() < 0.1 else reference
                file.write(f"{1769860800000 + minute * 60000 + event * 500},pod-{event % 4},r{reference},l{label}\n")
    return path


class Answers(unittest.TestCase):
    def test_more_power_a_smaller_margin_and_less_traffic_take_longer(self):
        base = planned(*MODEL, *QUICK, "--traffic", "2000")
        moments = base["cases"][0]["moments"]
        self.assertEqual([case["verdict"] for case in base["cases"]], ["promote", "rollback"])
        self.assertLess(moments[0]["canary_samples"], moments[1]["canary_samples"])
        strict = planned(*MODEL, *QUICK, "--traffic", "2000", "--margin", "0.05")
        self.assertGreater(strict["cases"][0]["moments"][1]["canary_samples"], 2 * moments[1]["canary_samples"])
        slow = planned(*MODEL, *QUICK, "--traffic", "500")
        self.assertGreater(slow["cases"][0]["moments"][1]["minutes"], 3 * moments[1]["minutes"])

    def test_the_same_question_has_the_same_answer(self):
        self.assertEqual(plan(*MODEL, *QUICK).stdout, plan(*MODEL, *QUICK).stdout)

    def test_a_least_share_is_told_for_a_deadline(self):
        answer = planned(*MODEL, *QUICK, "--traffic", "2000", "--within", "30m", "--delta", "0")
        self.assertGreater(answer["least_canary_share"], 0.001)
        self.assertLess(answer["least_canary_share"], 0.1)
        self.assertIsNone(planned(*MODEL, *QUICK, "--traffic", "10", "--within", "5m", "--delta", "0")["least_canary_share"])

    def test_a_history_brings_its_traffic_and_its_agreement(self):
        with tempfile.TemporaryDirectory() as folder:
            answer = planned(write_history(folder), "--pod-column", "pod", "--time-column", "time", *QUICK)
        self.assertAlmostEqual(answer["events_per_minute"], 100, delta=5)
        self.assertEqual(answer["labels"], 5)
        self.assertTrue(0.65 < answer["nmi"] < 0.85)
        self.assertTrue(1 <= answer["design_effect"] < 1.5)

    def test_a_sample_of_the_history_tells_the_traffic_of_all_of_it(self):
        with tempfile.TemporaryDirectory() as folder:
            words = [write_history(folder), "--time-column", "time", *QUICK, "--json"]
            for sample in [["--sample", "600"], ["--sample-keys", "0.2", "--key-column", "time"]]:
                done = plan(*words, *sample)
                self.assertAlmostEqual(json.loads(done.stdout)["events_per_minute"], 100, delta=5)
                self.assertRegex(done.stderr, r"^serin plan: counted \d+ of 3000 rows\n$")

    def test_a_configured_stream_brings_its_judgement_too(self):
        with tempfile.TemporaryDirectory() as folder:
            path = write_history(folder)
            config = os.path.join(folder, "serin.yaml")
            with open(config, "w", encoding="utf-8") as file:
                file.write(f"sources:\n  - {{name: export, type: file, canary: {path}, stable: {path}}}\n"
                           "streams:\n  - {name: shop, source: export, analysis: {margin: 0.07}}\n")
            words = ["--config", config, "--stream", "shop", "--stable", "7c9f8d5b47", *QUICK]
            self.assertEqual(planned(*words)["margin"], 0.07)
            self.assertEqual(planned(*words, "--margin", "0.09")["margin"], 0.09)
            wrong = plan("--config", config, "--stream", "shopp", "--stable", "x")
            self.assertEqual(wrong.returncode, 4)
            self.assertIn("shop", wrong.stderr)

    def test_wrong_use_is_2_and_says_what_is_missing(self):
        for words, says in [([], "one of"), (["--nmi", "0.8"], "--labels"), (["--config", "x", "--stream", "s"], ""),
                            ([*MODEL, "--template", *QUICK], "--traffic"), ([*MODEL, "--design", "shift"], "--design"),
                            ([*MODEL, "--name", "a: b"], "--name"), ([*MODEL, "--name", "gate-"], "--name"),
                            ([*MODEL, "--delta", "-0.1", *QUICK], "margin"), ([*MODEL, "--delta", "-0.9", *QUICK], "0.900")]:
            done = plan(*words)
            self.assertEqual(done.returncode, 4 if "--config" in words else 2, words)
            self.assertIn(says, done.stderr)
            self.assertEqual(done.stdout, "")

    def test_a_history_that_cannot_be_read_is_4_whatever_its_name(self):
        with tempfile.TemporaryDirectory() as folder:
            for text in ["", "no,such,columns\n1,2,3\n"]:
                with open(os.path.join(folder, "history"), "w", encoding="utf-8") as file:
                    file.write(text)
                done = subprocess.run([os.path.abspath(BINARY), "plan", "history"], cwd=folder, capture_output=True, text=True, check=False)
                self.assertEqual((done.returncode, done.stdout), (4, ""))
                self.assertTrue(done.stderr.startswith("serin plan: history"), done.stderr)


class Template(unittest.TestCase):
    def test_covers_the_planned_looks_and_passes_the_lint(self):
        words = [*MODEL, *QUICK, "--traffic", "1000"]
        gate = planned(*words)["template"]
        template = plan(*words, "--template").stdout
        self.assertIn(f"count: {gate['count']}\n", template)
        self.assertIn(f"inconclusiveLimit: {gate['count']}\n", template)
        for case in planned(*words)["cases"]:
            self.assertLessEqual(case["moments"][1]["looks"], gate["count"])
        checked = plan("--lint", "-", stdin=template)
        self.assertEqual((checked.returncode, checked.stdout), (0, ""), checked.stdout)

    def test_asks_what_was_planned(self):
        template = plan(*MODEL, *QUICK, "--traffic", "1000", "--template", "--margin", "0.05", "--stream", "shop", "--name", "gate").stdout
        for line in ["margin: 0.05", 'stream: "shop"', "  name: gate\n"]:
            self.assertIn(line, template)
        self.assertNotIn("name: stream", template)

    def test_asks_for_the_planned_design_and_names_where_the_stream_has_others(self):
        with tempfile.TemporaryDirectory() as folder:
            path = write_history(folder)
            config = os.path.join(folder, "serin.yaml")
            with open(config, "w", encoding="utf-8") as file:
                file.write(f"sources:\n  - {{name: export, type: file, canary: {path}, stable: {path}}}\n"
                           "streams:\n  - {name: shop, source: export, analysis: {design: paired}}\n")
            done = plan("--config", config, "--stream", "shop", "--stable", "x", *QUICK, "--template", "--design", "reference",
                        "--label-names", "fixed", "--traffic", "1000")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("            design: reference\n", done.stdout)
        self.assertIn("            label_names: fixed\n", done.stdout)
        self.assertEqual(plan("--lint", "-", stdin=done.stdout).returncode, 0)

    def test_any_name_of_a_stream_stays_one_text(self):
        template = plan(*MODEL, *QUICK, "--traffic", "1000", "--template", "--stream", 'a"b\\\n: c').stdout
        self.assertIn('            stream: "a\\"b\\\\\\n: c"\n', template)
        self.assertEqual(plan("--lint", "-", stdin=template).returncode, 0)

    def test_looks_once_with_a_fixed_interval(self):
        template = plan(*MODEL, *QUICK, "--traffic", "1000", "--template", "--interval", "fixed").stdout
        self.assertIn("count: 1\n", template)
        self.assertNotIn("\n      interval:", template)
        self.assertEqual(plan("--lint", "-", stdin=template).returncode, 0)


class Lint(unittest.TestCase):
    BAD = 'kind: AnalysisTemplate\nspec:\n  metrics:\n    - name: gate\n      successCondition: result.verdict == "promote"\n      provider: {web: {url: "http://serin/v1/analysis"}}\n'

    def test_exit_codes(self):
        self.assertEqual(plan("--lint", "-", stdin="kind: Rollout\n").returncode, 0)
        self.assertEqual(plan("--lint", "-", stdin=self.BAD).returncode, 1)
        self.assertEqual(plan("--lint", "-", "--no-such-flag").returncode, 2)
        self.assertEqual(plan("--lint", "-", stdin="a: [\n").returncode, 4)
        self.assertEqual(plan("--lint", "/no/such/file").returncode, 4)

    def test_a_second_file_or_a_flag_of_the_plan_is_wrong_use(self):
        for words in [["second.yaml"], ["--template"], ["--nmi", "0.8"], ["--config", "serin.yaml", "--stream", "shop"]]:
            done = plan("--lint", "-", *words, stdin=self.BAD)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertIn("--lint", done.stderr)

    def test_a_finding_has_its_place(self):
        done = plan("--lint", "-", stdin=self.BAD)
        self.assertIn("-:5:7: error: success_only\n", done.stdout)
        found = json.loads(plan("--lint", "-", "--json", stdin=self.BAD).stdout)["findings"]
        self.assertIn(("success_only", 5, 7), [(f["rule"], f["line"], f["column"]) for f in found])

    def test_a_file_without_anything_to_check_is_told(self):
        done = plan("--lint", "-", stdin="kind: Service\n")
        self.assertEqual(done.returncode, 0)
        self.assertIn("nothing to check", done.stderr)

    def test_nothing_at_all_is_no_input(self):
        for text in ["", "\n", "# a comment\n", "---\n---\n"]:
            done = plan("--lint", "-", stdin=text)
            self.assertEqual((done.returncode, done.stdout), (4, ""), text)
            self.assertEqual(done.stderr, "serin plan: -: nothing to check: there is no document in it\n")


if __name__ == "__main__":
    unittest.main()
