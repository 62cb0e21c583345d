"""`score` and `compare` on files: every way in gives the same numbers, every exit code has its case."""

import collections
import gzip
import json
import math
import os
import pty
import random
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

from service import BINARY, PATIENCE, Service

SCORE_FIELDS = ["samples", "rows", "columns", "nmi", "nmi_plugin", "lower", "upper", "level", "normalizer", "mutual_information", "entropy_reference", "entropy_label", "ami", "ari", "homogeneity", "completeness", "v_measure", "purity"]
ANSWER_FIELDS = ["verdict", "reason", "delta", "canary", "stable", "warnings"]


def serin(*words, stdin=b"", env=None):
    return subprocess.run([BINARY, *map(str, words)], input=stdin, capture_output=True, timeout=PATIENCE, env={**os.environ, **(env or {})})


def rows(count, errors, seed, labels=5):
    draw = random.Random(seed)
    out = []
    for i in range(count):
        truth = draw.randrange(labels)
        label = truth if draw.random() >= errors else draw.randrange(labels)
        out.append({"key": f"k{i}", "reference": f"r{truth}", "label": f"s{label}", "pod": f"p{i % 4}", "time": 1760000000000 + i * 200, "region": ("eu", "us")[i % 3 == 0]})
    return out


def csv(events, columns=("key", "reference", "label", "pod", "time", "region")):
    return ",".join(columns) + "\n" + "".join(",".join(str(event[name]) for name in columns) + "\n" for event in events)


def ndjson(events):
    return "".join(json.dumps(event) + "\n" for event in events)


class FileCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="serin-test-")
        cls.stable = cls.write("stable.csv", csv(rows(20000, 0.1, 1)))
        cls.good = cls.write("good.csv", csv(rows(4000, 0.1, 2)))
        cls.bad = cls.write("bad.csv", csv(rows(4000, 0.4, 3)))
        cls.few = cls.write("few.csv", csv(rows(30, 0.1, 4)))
        cls.one = cls.write("one.csv", csv([dict(event, label="s0") for event in rows(4000, 0, 5)]))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @classmethod
    def write(cls, name, text):
        path = os.path.join(cls.folder, name)
        data = text if isinstance(text, bytes) else text.encode()
        with gzip.open(path, "wb") if name.endswith(".gz") else open(path, "wb") as file:
            file.write(data)
        return path

    def score(self, *words, code=0, stdin=b""):
        done = serin("score", *words, "--json", stdin=stdin)
        self.assertEqual((done.returncode, done.stderr), (code, b""), done)
        return json.loads(done.stdout)

    def compare(self, canary, *words, code, stable=None, stdin=b""):
        done = serin("compare", "--canary", canary, "--stable", stable or self.stable, *words, "--json", stdin=stdin)
        self.assertEqual(done.returncode, code, done)
        answer = json.loads(done.stdout)
        self.assertEqual(list(answer)[: len(ANSWER_FIELDS)], ANSWER_FIELDS)
        self.assertLess(len(done.stdout), 1024)
        return answer

    def assert_fails(self, done, code, *says):
        self.assertEqual((done.returncode, done.stdout), (code, b""), done)
        message = done.stderr.decode()
        self.assertEqual(message.count("\n"), 1, message)
        for part in says:
            self.assertIn(part, message)


def entropy(counts):
    total = sum(counts)
    return -sum(count / total * math.log(count / total) for count in counts)


class Score(FileCase):
    def test_the_fields_and_their_values(self):
        events = rows(4000, 0.1, 2)
        got = self.score(self.good)
        self.assertEqual(list(got), SCORE_FIELDS)
        cells = collections.Counter((event["reference"], event["label"]) for event in events)
        references = collections.Counter(event["reference"] for event in events)
        labels = collections.Counter(event["label"] for event in events)
        h_reference, h_label = entropy(references.values()), entropy(labels.values())
        information = h_reference + h_label - entropy(cells.values())
        expected = {
            "samples": 4000,
            "rows": 5,
            "columns": 5,
            "entropy_reference": h_reference,
            "entropy_label": h_label,
            "mutual_information": information,
            "nmi_plugin": information / math.sqrt(h_reference * h_label),
            "homogeneity": information / h_reference,
            "completeness": information / h_label,
            "purity": sum(max(cells[r, label] for r in references) for label in labels) / 4000,
        }
        for name, value in expected.items():
            self.assertAlmostEqual(got[name], value, places=10, msg=name)
        self.assertLess(got["nmi"], got["nmi_plugin"], "the part that chance adds is taken away")
        self.assertTrue(got["lower"] < got["nmi"] < got["upper"])

    def test_every_form_of_the_same_events_gives_the_same_bytes(self):
        events = rows(3000, 0.2, 7)
        counts = collections.Counter((event["reference"], event["label"]) for event in events)
        totals = "reference,label,n\n" + "".join(f"{r},{l},{n}\n" for (r, l), n in sorted(counts.items()))
        text, lines = csv(events), ndjson(events)
        forms = {
            "csv": ([self.write("a.csv", text)], b""),
            "csv, CRLF and a mark": ([self.write("b.csv", b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())], b""),
            "csv, quoted": ([self.write("q.csv", csv([dict(event, key='"a ""b"", c"') for event in events]))], b""),
            "csv.gz": ([self.write("c.csv.gz", text)], b""),
            "ndjson": ([self.write("d.ndjson", lines)], b""),
            "ndjson.gz": ([self.write("e.ndjson.gz", lines)], b""),
            "standard input, csv": (["-"], text.encode()),
            "standard input, ndjson": (["-"], lines.encode()),
            "standard input, gzip": (["-"], gzip.compress(lines.encode())),
            "a name that tells nothing": ([self.write("f", text), "--format", "csv"], b""),
            "counts": ([self.write("g.csv", totals), "--count-column", "n"], b""),
            "other columns": ([self.write("h.csv", text.replace("reference,label", "truth,segment")), "--reference-column=truth", "--label-column", "segment"], b""),
        }
        answers = {name: self.score(*words, stdin=stdin) for name, (words, stdin) in forms.items()}
        for name, answer in answers.items():
            with self.subTest(name):
                self.assertEqual(answer, answers["csv"])

    def test_the_gate_passes_fails_or_cannot_tell(self):
        nmi = self.score(self.good)
        self.score(self.good, "--min-nmi", nmi["lower"] - 0.01, code=0)
        self.score(self.good, "--min-nmi", nmi["upper"] + 0.01, code=1)
        self.score(self.good, "--min-nmi", nmi["nmi"], code=3)
        self.score(self.one, "--min-nmi", 0.5, code=3)

    def test_level_and_normalizer_are_heeded(self):
        narrow, wide = self.score(self.good, "--level", 0.5), self.score(self.good, "--level", 0.99)
        self.assertGreater(narrow["lower"], wide["lower"])
        values = [self.score(self.good, "--normalizer", name)["nmi"] for name in ("min", "geometric", "arithmetic", "max")]
        self.assertEqual(values, sorted(values, reverse=True))
        self.assertEqual(self.score(self.good, "--normalizer", "max")["normalizer"], "max")

    def test_degenerate_tables_have_no_numbers_where_there_are_none(self):
        got = self.score(self.one)
        self.assertEqual((got["nmi"], got["lower"], got["upper"], got["columns"]), (None, None, None, 1))
        single = self.write("single.csv", "reference,label\na,b\n")
        self.assertEqual(self.score(single)["samples"], 1)
        perfect = self.score(self.write("perfect.csv", csv([dict(event, label=event["reference"]) for event in rows(500, 0, 8)])))
        self.assertEqual((perfect["nmi_plugin"], perfect["purity"]), (1, 1))
        self.assertLessEqual(perfect["upper"], 1)

    def test_bad_files_are_told_with_their_line(self):
        cases = {
            "no such file": (["/no/such/file.csv"], b"", ("/no/such/file.csv",)),
            "a folder": ([self.folder], b"", (self.folder, "folder")),
            "empty": (["-"], b"", ("empty", "header")),
            "only a header": (["-"], b"reference,label\n", ("no row",)),
            "a missing column": (["-"], b"ref,label\na,b\n", ("line 1", '"reference"', '"ref"')),
            "a column twice": (["-"], b"reference,label,label\na,b,c\n", ("line 1", "twice")),
            "a ragged row": (["-"], b"reference,label\na,b\na\n", ("line 3", "1 field")),
            "a long row": (["-"], b"reference,label\na,b,c\n", ("line 2", "3 fields")),
            "an open quote": (["-"], b'reference,label\n"a,b\n', ("line 2", "quote")),
            "text behind a quote": (["-"], b'reference,label\n"a"b,c\n', ("line 2",)),
            "an empty label": (["-"], b"reference,label\na,\n", ("line 2", "label")),
            "a NUL": (["-"], b"reference,label\na\x00,b\n", ("line 2",)),
            "invalid UTF-8": (["-"], b"reference,label\n\xff,b\n", ("line 2", "UTF-8")),
            "UTF-16": (["-"], "reference,label\na,b\n".encode("utf-16"), ("line 1",)),
            "a cut gzip": (["-"], gzip.compress(b"reference,label\n" + b"a,b\n" * 10_000)[:60], ("gzip",)),
            "not JSON": (["-", "--format", "ndjson"], b'{"reference":"a","label":"b"}\nx\n', ("line 2",)),
            "a JSON list": (["-", "--format", "ndjson"], b"[1]\n", ("line 1",)),
            "a huge field": (["-"], b"reference,label\n" + b"x" * 10_000_000 + b",b\n", ("line 2",)),
        }
        for count in (b"-1", b"1.5", b"1e400", b"18446744073709551616", b"9007199254740993", b"many", b"", b"0x10", b"NaN"):
            cases["count " + count.decode()] = (["-", "--count-column", "n"], b"reference,label,n\na,b,1\na,b," + count + b"\n", ("line 3", "n"))
        cases["counts beyond 2^53 together"] = (["-", "--count-column", "n"], b"reference,label,n\na,b,9007199254740992\na,b,1\n", ("2^53",))
        for name, (words, stdin, says) in cases.items():
            with self.subTest(name):
                self.assert_fails(serin("score", *words, stdin=stdin), 4, *says)
        if os.geteuid() != 0:
            path = self.write("locked.csv", "reference,label\na,b\n")
            os.chmod(path, 0)
            self.assert_fails(serin("score", path), 4, path, "permission")


class Compare(FileCase):
    def test_each_verdict_has_its_exit_code(self):
        self.assertEqual(self.compare(self.good, code=0)["verdict"], "promote")
        self.assertEqual(self.compare(self.bad, code=1)["reason"], "beyond_margin")
        self.assertEqual(self.compare(self.few, code=3)["reason"], "too_few_samples")
        self.assertEqual(self.compare(self.one, code=1)["reason"], "single_label")
        self.assertEqual(self.compare(self.good, code=0, stable="-", stdin=csv(rows(20000, 0.1, 1)).encode()), self.compare(self.good, code=0))

    def test_the_question_changes_the_answer(self):
        answer = self.compare(self.good, "--margin", 0.001, code=3)
        self.assertEqual(answer["delta"]["margin"], 0.001)
        self.assertEqual(self.compare(self.good, "--min-samples", 5000, code=3)["reason"], "too_few_samples")
        fixed, sequential = (self.compare(self.good, "--interval", kind, code=0)["delta"] for kind in ("fixed", "sequential"))
        self.assertLess(sequential["lower"], fixed["lower"])
        self.assertEqual(self.compare(self.good, code=0)["delta"], fixed)
        self.assertLess(self.compare(self.good, "--level", 0.99, code=0)["delta"]["lower"], fixed["lower"])

    def test_blocks_are_made_from_pods_and_times(self):
        self.assertIn("blocks_unknown", self.compare(self.good, code=0)["warnings"])
        known = self.compare(self.good, "--pod-column", "pod", "--time-column", "time", "--block", "10s", code=0)
        self.assertNotIn("blocks_unknown", known["warnings"])

    def test_a_shift_needs_no_reference(self):
        plain = self.write("plain.csv", csv(rows(4000, 0.1, 2), ("label",)))
        moved = self.write("moved.csv", csv([dict(event, label="s0" if i % 3 == 0 else event["label"]) for i, event in enumerate(rows(4000, 0.1, 2))], ("label",)))
        self.assertEqual(self.compare(plain, "--design", "shift", code=0)["verdict"], "promote")
        self.assertEqual(self.compare(moved, "--design", "shift", code=1)["verdict"], "rollback")
        self.assert_fails(serin("compare", "--canary", plain, "--stable", self.stable), 4, "plain.csv", '"reference"')

    def test_pairs_are_found_by_key(self):
        mirrored = self.write("mirrored.csv", csv(rows(20000, 0.1, 1)[:4000]))
        done = serin("compare", "--canary", mirrored, "--stable", self.stable, "--design", "paired", "--json")
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(json.loads(done.stdout)["canary"]["samples"], 4000)
        self.assertIn(b"4000 keys in both files; left out: 16000 in one file only", done.stderr)
        renamed = self.write("renamed.csv", csv(rows(20000, 0.1, 1)[:4000]).replace("key,", "order,"))
        self.assert_fails(serin("compare", "--canary", renamed, "--stable", self.stable, "--design", "paired"), 4, '"key"', '"order"')

    def test_slices_are_judged_apart(self):
        broken = [dict(event, label="s0") if event["region"] == "us" and i % 2 else event for i, event in enumerate(rows(6000, 0.1, 9))]
        path = self.write("sliced.csv", csv(broken))
        text = serin("compare", "--canary", path, "--stable", self.stable, "--slices", "region", "--margin", 0.4).stdout.decode()
        self.assertIn("region=eu", text)
        self.assertIn("region=us", text)
        self.assert_fails(serin("compare", "--canary", path, "--stable", self.stable, "--slices", "planet"), 4, '"planet"')

    def test_programs_read_which_slices_were_pooled(self):
        path, stable = (self.write(f"small-{arm}.csv", csv([dict(event, region="ap" if i % 8 == 0 else "sa" if i % 8 == 1 else event["region"]) for i, event in enumerate(rows(3200, 0.1, seed))])) for arm, seed in (("canary", 2), ("stable", 1)))
        done = serin("compare", "--canary", path, "--stable", stable, "--slices", "region", "--min-samples", 500, "--json")
        answer = json.loads(done.stdout)
        self.assertEqual(list(answer)[-3:], ["stratified_by", "slices", "slices_left_out"])
        self.assertEqual((answer["stratified_by"], answer["slices_left_out"]), ("region", 0))
        told = [(each["dimension"], each["value"], each["judged"], each["canary_samples"]) for each in answer["slices"]]
        counts = {value: samples for _, value, _, samples in told}
        self.assertEqual(told, [("region", value, judged, counts[value]) for value, judged in (("ap", "pooled"), ("eu", "alone"), ("sa", "pooled"), ("us", "alone"), (None, "rest"))])
        self.assertEqual((counts["ap"], counts["sa"], counts[None]), (400, 400, 800))
        self.assertEqual(sum(counts.values()) - counts[None], answer["canary"]["samples"])

    def test_the_same_files_give_the_same_bytes(self):
        words = ("compare", "--canary", self.bad, "--stable", self.stable, "--pod-column", "pod", "--time-column", "time", "--slices", "region")
        self.assertEqual(len({serin(*words).stdout for _ in range(3)}), 1)
        self.assertEqual(len({serin(*words, "--json").stdout for _ in range(3)}), 1)

    def test_wrong_use_names_the_flag(self):
        cases = {
            ("--canary", "a", "--stable", "b", "--margin", "7"): ("--margin", "below 1"),
            ("--canary", "a"): ("--stable",),
            ("--canary", "a", "--stable"): ("--stable", "value"),
            ("--canary", "--stable", "b"): ("--canary", "value"),
            ("--canary", "a", "--canary", "b", "--stable", "c"): ("--canary", "twice"),
            ("--cnary", "a"): ("did you mean --canary?",),
            ("--canary", "a", "--stable", "b", "--design", "magic"): ("--design", "paired"),
            ("--canary", "-", "--stable", "-"): ("standard input",),
            ("--canary", "a", "--stable", "b", "c"): ('"c"', "too many"),
            ("--canary", "a", "--stable", "b", "--design", "paired", "--sample", "10"): ("--sample", "sample keys"),
            ("--canary", "a", "--stable", "b", "--design", "paired", "--count-column", "n"): ("--count-column", "pairing"),
            ("--canary", "a", "--stable", "b", "--count-column", "n", "--sample", "10"): ("--sample", "counts"),
            ("--canary", "a", "--stable", "b", "--level", "1"): ("--level",),
            ("-c", "a"): ('"-c"',),
        }
        for words, says in cases.items():
            with self.subTest(words):
                self.assert_fails(serin("compare", *words), 2, *says)


class Output(FileCase):
    def on_terminal(self, *words, env=None):
        """What the program shows on a terminal of 100 columns."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen([BINARY, *words], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LC_ALL": "C.UTF-8", **(env or {})})
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 65536):
                shown += piece
        except OSError:
            pass
        os.close(ours)
        process.wait(PATIENCE)
        return shown.decode()

    def test_the_verdict_comes_first_in_one_sentence(self):
        for path, word in ((self.good, "Promote"), (self.bad, "Rollback"), (self.few, "Inconclusive"), (self.one, "Rollback")):
            text = serin("compare", "--canary", path, "--stable", self.stable).stdout.decode()
            self.assertTrue(text.startswith(word + ": "), text[:200])
            self.assertIn("Labels moved" if path != self.few else "What to do", text)
            self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def test_colour_only_on_a_terminal_that_wants_it(self):
        words = ("compare", "--canary", self.bad, "--stable", self.stable)
        self.assertIn("\x1b[", self.on_terminal(*words, env={"NO_COLOR": ""}))
        self.assertNotIn("\x1b[3", self.on_terminal(*words, env={"NO_COLOR": "1"}))
        self.assertNotIn("\x1b[3", self.on_terminal(*words, env={"TERM": "dumb"}))
        self.assertNotIn(b"\x1b", serin(*words).stdout)
        self.assertNotIn("\x1b[3", self.on_terminal(*words, "--json"))

    def test_without_utf8_it_is_ascii(self):
        serin("compare", "--canary", self.bad, "--stable", self.stable, env={"LC_ALL": "C"}).stdout.decode("ascii")

    def test_what_cannot_be_written_is_an_error(self):
        for words in (("score", self.good), ("score", self.good, "--json"), ("compare", "--canary", self.good, "--stable", self.stable), ("--version",), ("score", "--help"), ("--help",)):
            with self.subTest(words[:1]), open("/dev/full", "wb") as full:
                done = subprocess.run([BINARY, *words], stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE)
                self.assertEqual(done.returncode, 4, done)
                self.assertIn(b"standard output", done.stderr)

    def test_a_reader_that_has_gone_ends_it_quietly(self):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([BINARY, "score", self.good], stdout=writer, stderr=subprocess.PIPE, timeout=PATIENCE)
        os.close(writer)
        self.assertIn(done.returncode, (-13, 4))

    def test_closed_descriptors_are_not_taken_for_files(self):
        done = subprocess.run(["sh", "-c", 'exec "$0" score "$1" >&-', BINARY, self.good], stderr=subprocess.PIPE, timeout=PATIENCE)
        self.assertEqual(done.returncode, 4, done)
        service = Service("streams: [{name: shop}]\n")
        self.addCleanup(shutil.rmtree, service.folder)
        holder = socket.create_server(("127.0.0.1", 0))
        service.api = "127.0.0.1:%d" % holder.getsockname()[1]
        holder.close()
        service.write("serin.yaml", service.head().replace("listen: 127.0.0.1:0", "listen: " + service.api, 1) + service.config)
        process = subprocess.Popen(["sh", "-c", 'exec "$0" serve --config "$1" <&- >&- 2>&-', BINARY, service.path("serin.yaml")])
        end = time.monotonic() + PATIENCE
        answer = None
        while answer is None and time.monotonic() < end:
            try:
                answer = service.call("GET", "/nowhere")
            except OSError:
                time.sleep(0.05)
        self.assertEqual((answer.status, answer.json()["status"]), (404, 404), "and no log line in the connection")
        process.terminate()
        self.assertEqual(process.wait(PATIENCE), 0)


if __name__ == "__main__":
    unittest.main()
