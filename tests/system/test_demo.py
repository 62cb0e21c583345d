"""The demo, as a stranger runs it."""

import re
import subprocess
import unittest

from service import BINARY, PATIENCE


class Demo(unittest.TestCase):
    def test_every_verdict_is_right_and_two_runs_are_alike(self):
        runs = [subprocess.run([BINARY, "demo"], capture_output=True, text=True, timeout=4 * PATIENCE) for _ in range(2)]
        for run in runs:
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            self.assertIn("9 of 9 verdicts as they should be", run.stdout)
        first, second = (re.sub(r"127\.0\.0\.1:\d+", "HERE", run.stdout) for run in runs)
        self.assertEqual(first, second)

    def test_an_unknown_case_is_wrong_use(self):
        run = subprocess.run([BINARY, "demo", "nope"], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(run.returncode, 2)
        self.assertIn("known: good, broken", run.stderr)


if __name__ == "__main__":
    unittest.main()
