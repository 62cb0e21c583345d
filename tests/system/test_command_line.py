"""Exit codes and messages of the command line, seen from outside."""

import os
import shutil
import subprocess
import tempfile
import unittest

from service import BINARY, PATIENCE, Service


def serin(*words, stdin=b""):
    return subprocess.run([BINARY, *words], input=stdin, capture_output=True, timeout=PATIENCE)


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="serin-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def assert_fails(self, done, code, *says):
        self.assertEqual(done.returncode, code, done)
        message = done.stderr.decode()
        self.assertEqual(message.count("\n"), 1, "one line on standard error: " + message)
        for part in says:
            self.assertIn(part, message)

    def test_help_and_version_go_to_standard_output(self):
        for words in (("--version",), ("serve", "--version")):
            done = serin(*words)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertRegex(done.stdout.decode(), r"^serin \d+\.\d+\.\d+\n$")
        top = serin("--help").stdout.decode()
        for command in ("serve", "score", "compare", "demo", "probe"):
            self.assertIn("\n  " + command, top)
            help_text = serin(command, "--help")
            self.assertEqual(help_text.returncode, 0)
            self.assertIn("usage: serin " + command, help_text.stdout.decode())

    def test_wrong_use_is_2(self):
        self.assert_fails(serin("fly"), 2, "fly", "--help")
        self.assert_fails(serin("comprae"), 2, "did you mean compare?")
        self.assert_fails(serin("serve", "--confg", "x"), 2, "--confg", "did you mean --config?")
        self.assert_fails(serin("serve", "--config"), 2, "--config")
        self.assert_fails(serin("serve"), 2, "config")
        self.assert_fails(serin("serve", "--config", "a", "b"), 2)
        self.assert_fails(serin("probe"), 2, "URL")
        self.assertEqual(serin().returncode, 2)

    def test_check_config_says_where_and_how(self):
        good = self.write("good.yaml", "streams: [{name: shop}]\n")
        done = serin("serve", "--config", good, "--check-config")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn(b": 1 stream, ready", done.stdout)
        rows = {
            "streams: [{name: shop, sauce: x}]\n": ("streams[0].sauce", "line 1"),
            "streams: [{name: shop, source: nowhere}]\n": ("streams[0].source", "nowhere", "known"),
            "streams: [{name: a}, {name: a}]\n": ("streams[1]", "second stream"),
            "sources: [{name: p, type: promtheus}]\n": ("sources[0].type", "prometheus"),
            "sources: [{name: p, type: prometheus}]\n": ("sources[0]", "url"),
            "streams:\n  - name: shop\n    analysis: {margin: 2}\n": ("streams[0].analysis.margin", "line 3", "below 1"),
            "streams:\n  - name: shop\n    maintenance: [{from: 2026-01-02T00:00:00Z, until: 2026-01-01T00:00:00Z}]\n": ("streams[0].maintenance[0]", "closes before"),
            "streams:\n  - name: shop\n    maintenance: [{from: noon, until: 2026-01-01T00:00:00Z}]\n": ("streams[0].maintenance[0].from", "RFC 3339"),
            "a: *b\n": ("line 1",),
            "\tlisten: x\n": ("line 1",),
        }
        for text, says in rows.items():
            with self.subTest(text=text):
                bad = self.write("bad.yaml", text)
                self.assert_fails(serin("serve", "--config", bad, "--check-config"), 4, *says)
        self.assert_fails(serin("serve", "--config", self.folder + "/none.yaml", "--check-config"), 4, "none.yaml")

    def test_arms_too_large_together_are_an_input_error(self):
        rows = "reference,label,n\na,a,3000000000000000\nb,b,3000000000000000\n"
        files = ("--canary", self.write("canary.csv", rows), "--stable", self.write("stable.csv", rows))
        for design in ("reference", "shift"):
            done = serin("compare", *files, "--count-column", "n", "--design", design)
            self.assert_fails(done, 4, "2^53", "both arms together")

    def test_probe_tells_health_by_its_exit_code(self):
        service = Service("").start()
        self.addCleanup(shutil.rmtree, service.folder)
        self.assertEqual(serin("probe", f"http://{service.operators}/readyz").returncode, 0)
        self.assert_fails(serin("probe", f"http://{service.operators}/nothing"), 1, "404")
        service.stop()
        self.assert_fails(serin("probe", f"http://{service.operators}/readyz"), 1)

    def test_a_taken_port_is_told(self):
        service = Service("").start()
        self.addCleanup(shutil.rmtree, service.folder)
        other = self.write("other.yaml", f"listen: {service.api}\noperators_listen: 127.0.0.1:0\nstore: {self.folder}/other.db\n")
        done = serin("serve", "--config", other)
        self.assertEqual(done.returncode, 4)
        self.assertIn(b"cannot listen on " + service.api.encode(), done.stderr)
        service.stop()


if __name__ == "__main__":
    unittest.main()
