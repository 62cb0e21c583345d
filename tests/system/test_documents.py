"""What README and docs show is what the program does: commands, answers, configurations, lines."""

import csv
import json
import os
import re
import shutil
import subprocess
import time
import unittest

from service import BINARY, PATIENCE, Service

HOUSE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def blocks(name):
    """The indented blocks of a document, without their indentation; empty lines part them."""
    with open(os.path.join(HOUSE, name), encoding="utf-8") as file:
        text = file.read()
    return [re.sub(r"^    ", "", found, flags=re.M) for found in re.findall(r"(?:^    .*\n)+", text, flags=re.M)]


def block(name, start):
    found = [text for text in blocks(name) if text.startswith(start)]
    assert found, f"{name} has no block that starts with {start!r}"
    return found[0]


def serin(*words, **options):
    return subprocess.run([BINARY, *words], capture_output=True, timeout=PATIENCE, check=False, **options)


class Documents(unittest.TestCase):
    def setUp(self):
        self.service = Service("")
        self.addCleanup(shutil.rmtree, self.service.folder)

    def configured(self, text):
        self.service.config = text
        self.service.start()
        self.addCleanup(self.service.stop)
        return self.service

    def run_readme_s_gate(self):
        """Its commands as they stand, but for where the repository and the files are."""
        commands = block("README.md", "zcat cmd/serin/demo").replace("cmd/serin/demo", HOUSE + "/cmd/serin/demo")
        commands = commands.replace("build/serin", BINARY)
        return subprocess.run(
            ["sh", "-c", commands],
            cwd=self.service.folder,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def test_the_gate_of_readme_says_what_readme_shows(self):
        done = self.run_readme_s_gate()
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        shown = [
            re.sub(r" +$", "", text, flags=re.M)
            for text in blocks("README.md")
            if text.lstrip().startswith(("Rollback:", "rollback ", "NMI  "))
        ]
        self.assertEqual(len(shown), 3)
        for text in shown:
            self.assertIn(text, re.sub(r" +$", "", done.stdout, flags=re.M))

    def test_the_answer_of_readme_is_what_those_labels_get(self):
        self.run_readme_s_gate()
        service = self.configured(block("README.md", "streams:"))
        minute = int(time.time()) // 60 * 60_000 - 21 * 60_000
        question = json.loads(block("README.md", "POST /v1/analysis").split(" ", 2)[2])
        for arm, pods in (("canary", 2), ("stable", 8)):
            with open(self.service.path(arm + ".csv"), encoding="ascii") as file:
                rows = list(csv.DictReader(file))
            events = [
                {
                    "stream": question["stream"],
                    "time": minute + i * 20 * 60_000 // len(rows),
                    "arm": question[arm],
                    "pod": f"checkout-{question[arm]}-{i % pods}",
                    "label": row["label"],
                    "reference": row["reference"],
                    "slices": {"region": "us" if i % 3 else "eu"},
                }
                for i, row in enumerate(rows)
            ]
            self.assertEqual(service.push(events, batch=arm).status, 200)
        answer = service.ask(**question).json()
        shown = json.loads(block("README.md", '{"id":"'))
        self.assertEqual({**answer, "id": shown["id"]}, shown)
        self.assertEqual(list(answer), list(shown))

    def test_every_configuration_shown_is_valid(self):
        shown = 0
        pages = [os.path.join(folder, name) for folder in ("docs", "docs/sources") for name in sorted(os.listdir(os.path.join(HOUSE, folder)))]
        for name in ["README.md", *pages]:
            for text in blocks(name) if name.endswith(".md") else []:
                if text.startswith(("streams:", "sources:")):
                    shown += 1
                    path = self.service.write("shown.yaml", text)
                    done = serin("serve", "--config", path, "--check-config")
                    self.assertEqual(done.returncode, 0, f"{name}: {done.stderr}")
        self.assertGreaterEqual(shown, 2)

    def test_the_lines_of_the_page_on_events_are_taken(self):
        service = self.configured("streams: [{name: checkout-segments, keyed: true, slices: [region]}]")
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        event, late = (text for text in blocks("docs/events.md") if text.startswith("{"))
        event, late = (re.sub(r"2026-[0-9T:.-]*Z", now, text) for text in (event, late))
        unreferenced = json.loads(event)
        del unreferenced["reference"]
        for batch in (json.dumps(unreferenced), late):
            self.assertEqual(service.call("POST", "/v1/events", batch).json(), {"accepted": 1})
        tables = service.call("GET", "/v1/streams/checkout-segments/tables?canary=7d9f8c6b5&stable=none").json()
        self.assertEqual((tables["canary"]["events"], tables["canary"]["unreferenced"]), (1, 0))

    def test_the_file_of_the_page_on_files_is_read(self):
        path = self.service.write("shown.csv", block("docs/files.md", "key,reference,label"))
        columns = ("--pod-column", "pod", "--time-column", "time")
        done = serin("score", path, "--json", *columns)
        self.assertEqual((done.returncode, json.loads(done.stdout)["samples"]), (0, 2), done.stderr)

    def test_every_file_named_is_there(self):
        listed = subprocess.run(["git", "-C", HOUSE, "ls-files", "*.md"], capture_output=True, text=True, check=False)
        if listed.returncode != 0:
            self.skipTest("not a git checkout")
        for name in listed.stdout.split():
            with open(os.path.join(HOUSE, name), encoding="utf-8") as file:
                text = file.read()
            for link in re.findall(r"\]\(([^)#]+)\)", text):
                if "://" not in link:
                    with self.subTest(name=name, link=link):
                        self.assertTrue(os.path.exists(os.path.join(HOUSE, os.path.dirname(name), link)))
            for path in re.findall(r"`((?:src|tests|cmd|docs|include|manifests)/[\w./-]+)`", text):
                with self.subTest(name=name, path=path):
                    self.assertTrue(os.path.exists(os.path.join(HOUSE, path)))


if __name__ == "__main__":
    unittest.main()
