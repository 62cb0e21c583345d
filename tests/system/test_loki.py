"""The service on a real Loki: tables to the unit, verdicts, limits, and a Loki that fails."""

import json
import os
import random
import re
import sys
import time
import unittest
import urllib.parse

from remote_source import RemoteCase, VerdictTests, smallest_configuration

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from loki_lab import Lab  # noqa: E402
from server_lab import CANARY, STABLE, or_skip  # noqa: E402

HOSTILE = 'x"} | json | arm!="` \\ or # é'
SECOND = 10**9
MINUTE = 60 * SECOND

SOURCE = "  - {name: %s, type: loki, url: '%s'%s%s}\n"
STREAM = """  - name: %s
    source: %s
    matchers: '%s'
    reference: expected_segment
    label: segment
    pod: pod
    arm: %s
    slices: [region]
    lookback: 1h
%s
"""
BY_LABEL, BY_POD = "{label: hash}", '{pod_prefix: "shop.v2-{hash}-"}'


def configuration(url, sources, streams):
    """sources: (name, tenant, further keys); streams: (name, source, matchers, arm, further lines)."""
    text = "deadline: 30s\nsources:\n"
    text += "".join(SOURCE % (name, url, f", tenant: '{tenant}'" if tenant else "", f", {rest or 'settle: 0s'}") for name, tenant, rest in sources)
    text += "streams:\n  - {name: stored, slices: [region], lookback: 1h}\n"
    text += "  - {name: stored-keyed, keyed: true, slices: [region], lookback: 1h}\n"
    return text + "".join(STREAM % (*row[:4], "".join(f"    {line}\n" for line in row[4:])) for row in streams)


def traffic(count, seed, arms=(CANARY, STABLE), labels=5, pods=2, begin=None, minutes=8, errors=0.1):
    """Label events in the order of time, none of them in the same nanosecond, and some with all that
    a text may hold."""
    draw = random.Random(seed)
    begin = begin if begin is not None else int(time.time() * SECOND) - 12 * MINUTE
    names = [f"s{i}" for i in range(labels - 1)] + ['s "x\\]é']
    times = sorted(draw.sample(range(0, minutes * 60_000), count))
    for i, at in enumerate(times):
        truth = draw.choice(names)
        arm = draw.choice(arms)
        event = {
            "time_ms": begin // 10**6 + at,
            "arm": arm,
            "pod": f"shop.v2-{arm}-{draw.randrange(pods)}",
            "label": truth if draw.random() >= errors else draw.choice(names),
            "key": f"order-{i}",
        }
        if i % 7:
            event["reference"] = truth
        if i % 5:
            event["region"] = draw.choice(("eu", "us"))
        yield event


def fields(event):
    names = {"arm": "hash", "pod": "pod", "label": "segment", "reference": "expected_segment", "region": "region", "key": "order"}
    return {names[key]: value for key, value in event.items() if key in names}


def as_json(event):
    return json.dumps({**fields(event), "nested": {"a": [1, {}]}, "ignored": 3.5}, ensure_ascii=False)


def as_logfmt(event):
    return " ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in fields(event).items())


def lines(events, form=as_json):
    return [(event["time_ms"] * 10**6, form(event)) for event in events]


def stored(event, stream):
    named = {key: event[key] for key in ("arm", "pod", "label", "reference", "key") if key in event}
    if "region" in event:
        named["slices"] = {"region": event["region"]}
    return {"stream": stream, "time": event["time_ms"], **named}


def setUpModule():
    """One Loki for all: each class has tenants of its own, and the last one ends it."""
    LokiCase.lab = or_skip(Lab)
    unittest.addModuleCleanup(LokiCase.lab.close)


class LokiCase(RemoteCase):
    @classmethod
    def configuration(cls):
        return configuration(cls.lab.url, cls.sources, cls.streams)

    def ask_tables(self, stream, canary=CANARY, stable=STABLE, window="rollout", **more):
        query = urllib.parse.urlencode({"canary": canary, "stable": stable, "window": window, **more})
        return self.service.call("GET", f"/v1/streams/{stream}/tables?{query}")

    def tables(self, stream, **asked):
        answer = self.ask_tables(stream, **asked)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def refusal(self, stream, status, **asked):
        answer = self.ask_tables(stream, **asked)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()["detail"]

    @staticmethod
    def sums(events, arm=CANARY):
        sums = {}
        for event in events:
            if event["arm"] == arm:
                cell = (event.get("reference", ""), event["label"])
                sums[cell] = sums.get(cell, 0) + 1
        return sums


class Counts(LokiCase):
    sources = (("plain", "plain", ""), ("indexed", "indexed", ""), ("logfmt", "logfmt", ""), ("labels", "labels", ""), ("paged", "plain", "settle: 0s, page: 97"))
    streams = (
        ("by-label", "plain", 'app="segmenter"', BY_LABEL),
        ("by-pod", "plain", 'app="segmenter"', BY_POD),
        ("indexed-by-label", "indexed", 'app="segmenter"', "{label: hash, indexed: true}"),
        ("indexed-by-pod", "indexed", 'app="segmenter"', BY_POD[:-1] + ", indexed: true}"),
        ("keyed", "plain", 'app="segmenter"', BY_LABEL, "keyed: true", "key: order"),
        ("keyed-by-pod", "paged", 'app="segmenter"', BY_POD, "keyed: true", "key: order"),
        ("logfmt", "logfmt", 'app="segmenter"', BY_LABEL, "format: logfmt"),
        ("labels", "labels", 'app="segmenter"', BY_LABEL, "format: labels"),
    )

    @classmethod
    def play(cls):
        cls.events = list(traffic(3000, seed=1, arms=(CANARY, STABLE, HOSTILE)))
        minute_ms = (cls.events[0]["time_ms"] // 60_000 + 2) * 60_000
        for i, at in enumerate((0, -1, 59_999, 60_000)):  # on the seams of blocks
            cls.events.append({"time_ms": minute_ms + at, "arm": CANARY, "pod": f"shop.v2-{CANARY}-0", "label": "s1", "reference": "s1", "key": f"seam-{i}"})
        cls.events.sort(key=lambda event: event["time_ms"])
        strangers = [  # of neither arm: a dot is no wildcard, and a name goes on after its hash
            {"time_ms": minute_ms + 7, "arm": "other", "pod": f"shopxv2-{CANARY}-0", "label": "s1", "key": "a"},
            {"time_ms": minute_ms + 8, "arm": "other", "pod": f"shop.v2-{CANARY}", "label": "s1", "key": "b"},
            {"time_ms": minute_ms + 9, "arm": "other", "pod": f"x-shop.v2-{CANARY}-0", "label": "s1", "key": "c"},
        ]
        cls.lab.push("plain", lines(cls.events + strangers))
        cls.lab.push("logfmt", lines(cls.events + strangers, as_logfmt))
        for hash_, pod in sorted({(event["arm"], event["pod"]) for event in cls.events + strangers}):
            of_pod = [event for event in cls.events + strangers if event["pod"] == pod]
            cls.lab.push("indexed", lines(of_pod), {"app": "segmenter", "hash": hash_, "pod": pod})
        metadata = [(event["time_ms"] * 10**6, "text", fields(event)) for event in cls.events + strangers]
        cls.lab.push("labels", metadata)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for stream in ("stored", "stored-keyed"):
            told = [stored(event, stream) for event in cls.events if event["arm"] != HOSTILE]
            assert cls.service.push(told).status == 200

    @staticmethod
    def comparable(tables):
        """All but the ends of the window: the questions are asked one after the other."""
        return {key: value for key, value in tables.items() if key not in ("stream", "window_end", "id", "verdict")}

    def test_counts_equal_what_was_sent_to_the_unit(self):
        for stream in ("by-label", "by-pod", "indexed-by-label", "indexed-by-pod", "keyed", "keyed-by-pod", "logfmt", "labels"):
            with self.subTest(stream=stream):
                tables = self.tables(stream)
                self.assertTrue(tables["complete"], tables["incomplete_reason"])
                self.assertEqual(self.counted(tables), self.sums(self.events))
                self.assertEqual(self.counted(tables, "stable"), self.sums(self.events, STABLE))

    def test_tables_are_those_of_the_store_with_every_block_slice_and_time(self):
        wanted = self.comparable(self.tables("stored"))
        for stream in ("by-label", "by-pod", "indexed-by-label", "indexed-by-pod", "logfmt", "labels", "keyed"):
            with self.subTest(stream=stream):
                self.assertEqual(self.comparable(self.tables(stream)), wanted)

    def test_an_arm_full_of_quotes_is_that_arm_and_no_query(self):
        for stream in ("by-label", "indexed-by-label", "keyed", "logfmt", "labels"):
            with self.subTest(stream=stream):
                tables = self.tables(stream, canary=HOSTILE)
                self.assertEqual(self.counted(tables), self.sums(self.events, HOSTILE))
        for arm in ('"', "\\", "`", '" or hash!="', "{", "}", ".+", ".*", "|", "é", "$(x)", "# no"):
            with self.subTest(arm=arm):
                for stream in ("by-label", "by-pod", "indexed-by-label", "indexed-by-pod", "keyed"):
                    self.assertEqual(self.tables(stream, canary=arm)["canary"]["events"], 0)

    def test_a_window_begins_and_ends_with_whole_blocks_or_now(self):
        first_ms = (int(time.time() * 1000) - 5 * 60_000) // 60_000 * 60_000
        tables = self.tables("by-label", window="5m")
        wanted = [event for event in self.events if event["time_ms"] >= first_ms]
        minute_passed = self.sums([event for event in wanted if event["time_ms"] >= first_ms + 60_000])
        self.assertIn(self.counted(tables), (self.sums(wanted), minute_passed))

    def test_without_a_canary_there_is_nothing_to_judge(self):
        tables = self.tables("by-label", canary="nobody")
        self.assertEqual(tables["canary"]["events"], 0)
        self.assertTrue(tables["complete"])


class Keys(LokiCase):
    """Events joined by keys: late references, pairs, pages with seams within a nanosecond."""

    sources = (("paged", "keys", "settle: 0s, page: 50"), ("narrow", "keys", "settle: 0s, page: 20"), ("few", "keys", "settle: 0s, max_lines: 500"))
    streams = tuple(
        (name, source, 'app=~"segmenter|truth"', BY_LABEL, "keyed: true", "key: order")
        for name, source in (("paged", "paged"), ("narrow", "narrow"), ("few", "few"))
    ) + (("unkeyed", "paged", 'app=~"segmenter|truth"', BY_LABEL),)

    @classmethod
    def play(cls):
        begin_ms = int(time.time() * 1000) - 12 * 60_000
        draw = random.Random(3)
        cls.events, cls.late = [], []
        for i in range(1200):
            truth = f"s{draw.randrange(4)}"
            at = begin_ms + i // 30 * 1000  # thirty keys, or sixty lines, in the same nanosecond
            for arm, wrong in ((STABLE, 0.1), (CANARY, 0.2)):
                label = truth if draw.random() >= wrong else f"s{draw.randrange(4)}"
                cls.events.append({"time_ms": at + (arm == CANARY), "arm": arm, "pod": f"p-{arm}-{i % 2}", "label": label, "key": f"order-{i}"})
            cls.late.append({"time_ms": at + 90_000 + i % 30, "reference": truth, "key": f"order-{i}"})
        cls.lab.push("keys", lines(cls.events))
        cls.lab.push("keys", lines(cls.late), {"app": "truth"})

    def test_late_references_and_pairs_are_those_of_the_store(self):
        self.service.push([stored(event, "stored-keyed") for event in self.events])
        self.service.push([{"stream": "stored-keyed", "time": late["time_ms"], "key": late["key"], "reference": late["reference"]} for late in self.late])
        asked = {"design": "paired"}
        wanted = Counts.comparable(self.tables("stored-keyed", **asked))
        self.assertEqual(wanted["pairs"], 1200)
        self.assertEqual(wanted["canary"]["unreferenced"], 0)
        self.assertEqual(Counts.comparable(self.tables("paged", **asked)), wanted)

    def test_a_nanosecond_that_fills_a_page_is_an_error_and_no_smaller_table(self):
        self.assertIn("same nanosecond", self.refusal("narrow", 502))

    def test_more_lines_than_allowed_are_an_error(self):
        self.assertIn("max_lines", self.refusal("few", 413))

    def test_pairs_without_keys_are_refused_with_what_to_set(self):
        answer = self.service.ask(stream="unkeyed", canary=CANARY, stable=STABLE, design="paired")
        self.assertEqual(answer.status, 502, answer.body)
        self.assertIn("keyed: true", answer.json()["detail"])


class Flaws(LokiCase):
    sources = (("flawed", "flawed", ""), ("young", "young", "settle: 4m"), ("late", "late", ""))
    streams = (
        ("all-lines", "flawed", 'app="segmenter"', BY_LABEL),
        ("label-lines", "flawed", 'app="segmenter"', BY_LABEL, "contains: '\"segment\"'"),
        ("keyed-lines", "flawed", 'app="segmenter"', BY_LABEL, "keyed: true", "key: order"),
        ("unlabelled", "flawed", 'app="unlabelled"', BY_LABEL),
        ("settled", "young", 'app="segmenter"', BY_LABEL),
        ("at-once", "late", 'app="segmenter"', BY_LABEL),
    )

    @classmethod
    def play(cls):
        cls.events = list(traffic(400, seed=5, begin=int(time.time() * SECOND) - 7 * MINUTE, minutes=6))
        at = cls.events[100]["time_ms"] * 10**6
        cls.lab.push("flawed", lines(cls.events) + [(at + i, f"request {i} took 3 ms") for i in range(5)])
        cls.lab.push("flawed", lines(cls.events) + [(at + 9, json.dumps({"hash": CANARY, "pod": "p", "msg": "started"}))], {"app": "unlabelled"})
        for tenant in ("young", "late"):
            cls.lab.push(tenant, lines(cls.events))

    def test_lines_that_cannot_be_read_make_the_data_incomplete_and_say_how_to_leave_them_out(self):
        for stream in ("all-lines", "keyed-lines"):
            with self.subTest(stream=stream):
                tables = self.tables(stream)
                self.assertFalse(tables["complete"])
                self.assertIn("cannot be read as json (JSONParserErr)", tables["incomplete_reason"])
                self.assertIn("contains", tables["incomplete_reason"])
        answer = self.service.ask(stream="all-lines", canary=CANARY, stable=STABLE).json()
        self.assertEqual((answer["verdict"], answer["reason"]), ("inconclusive", "incomplete_data"))

    def test_a_text_that_only_label_events_hold_leaves_the_others_out(self):
        tables = self.tables("label-lines")
        self.assertTrue(tables["complete"], tables["incomplete_reason"])
        self.assertEqual(self.counted(tables), self.sums(self.events))

    def test_a_line_without_label_makes_the_data_incomplete(self):
        self.assertIn("1 lines have no segment", self.tables("unlabelled")["incomplete_reason"])

    def test_lines_younger_than_the_settle_time_wait_for_the_next_look(self):
        before = int(time.time() * 1000) - 4 * 60_000
        settled = self.counted(self.tables("settled"))
        after = int(time.time() * 1000) - 4 * 60_000
        count = lambda end: sum(self.sums([event for event in self.events if event["time_ms"] < end]).values())  # noqa: E731
        self.assertGreater(count(before), 0)
        self.assertLess(count(after), sum(self.sums(self.events).values()))
        self.assertTrue(count(before) - 1 <= sum(settled.values()) <= count(after))  # an edge is true to the millisecond

    def test_late_lines_are_counted_by_the_next_look(self):
        self.assertEqual(self.counted(self.tables("at-once")), self.sums(self.events))
        late = [{**event, "time_ms": event["time_ms"] + 1, "pod": event["pod"] + "-late"} for event in self.events[50:150]]
        self.lab.push("late", lines(late))
        self.assertEqual(self.counted(self.tables("at-once")), self.sums(self.events + late))


class Limits(LokiCase):
    sources = (
        ("few", "few-series", ""),
        ("few-indexed", "few-series-indexed", ""),
        ("fewer", "fewer-series", ""),
        ("paged", "short-pages", ""),
        ("nobody", "", ""),
        ("stranger", "stranger", ""),
        ("capped", "few-series", "settle: 0s, max_series: 3"),
        ("tiny", "few-series", "settle: 0s, max_bytes: 64KiB"),
    )
    streams = tuple((name, name, 'app="segmenter"', BY_LABEL) for name in ("few", "fewer", "nobody", "stranger", "capped", "tiny")) + (
        ("paged", "paged", 'app="segmenter"', BY_LABEL, "keyed: true", "key: order"),
        ("refused", "few", 'app=~"("', BY_LABEL),
        ("few-indexed", "few-indexed", 'app="segmenter"', BY_POD[:-1] + ", indexed: true}"),
    )

    @classmethod
    def play(cls):
        # 3 references, none among them, 2 labels and 3 regions, none among them: 18 series in each of 6 pods
        cls.events = list(traffic(1500, seed=6, labels=2, pods=6, errors=0.5))
        for tenant in ("few-series", "fewer-series", "short-pages"):
            cls.lab.push(tenant, lines(cls.events))
        for pod in sorted({event["pod"] for event in cls.events}):
            of_pod = [event for event in cls.events if event["pod"] == pod]
            cls.lab.push("few-series-indexed", lines(of_pod), {"app": "segmenter", "pod": pod})

    def test_more_series_than_loki_answers_with_are_asked_for_pod_by_pod(self):
        for stream in ("few", "few-indexed"):
            with self.subTest(stream=stream):
                tables = self.tables(stream)
                self.assertTrue(tables["complete"], tables["incomplete_reason"])
                self.assertEqual(self.counted(tables), self.sums(self.events))
                self.assertEqual(self.counted(tables, "stable"), self.sums(self.events, STABLE))

    def test_too_many_series_in_one_pod_are_an_error_that_says_what_to_raise(self):
        self.assertIn("max_query_series", self.refusal("fewer", 413))

    def test_own_limits_are_errors_that_say_what_to_raise(self):
        self.assertIn("max_series", self.refusal("capped", 413))

    def test_errors_in_plain_text_are_passed_on(self):
        self.assertIn("max_entries_limit_per_query (5000 > 100)", self.refusal("paged", 502))
        self.assertIn("error parsing regexp", self.refusal("refused", 502))

    def test_a_tenant_sees_its_own_lines_and_one_is_needed(self):
        self.assertEqual(self.tables("stranger")["canary"]["events"], 0)
        self.assertIn("no org id", self.refusal("nobody", 502))


class Page(LokiCase):
    """The line and the smallest configuration of docs/sources/loki.md."""

    @classmethod
    def play(cls):
        with open("docs/sources/loki.md", encoding="utf-8") as file:
            cls.text = file.read()
        line = re.search(r'^    (\{"hash".*\})$', cls.text, re.M)[1]
        cls.shown = json.loads(line)
        at = int(time.time() * SECOND) - 3 * MINUTE
        other = json.dumps({**cls.shown, "hash": STABLE, "pod": "checkout-other"}, separators=(",", ":"))
        cls.lab.push("page", [(at + i, text) for i, text in enumerate((line, line, other, "listening on :8080"))], {"app": "checkout"})

    @classmethod
    def configuration(cls):
        return smallest_configuration(cls.text).replace('"http://loki:3100"', f'"{cls.lab.url}", tenant: page')

    def test_the_smallest_configuration_counts_the_line(self):
        tables = self.tables("checkout-segments", canary=self.shown["hash"])
        self.assertTrue(tables["complete"], tables["incomplete_reason"])
        cell = (self.shown["expected_segment"], self.shown["segment"])
        self.assertEqual(self.counted(tables), {cell: 2})
        self.assertEqual(self.counted(tables, "stable"), {cell: 1})


class Verdicts(VerdictTests, LokiCase):
    judged, stable = "shop", STABLE
    sources = (("loki", "shop", "settle: 0s, timeout: 2s"), ("other", "shop", "settle: 0s, timeout: 2s"))
    streams = (
        ("shop", "loki", 'app="segmenter"', BY_LABEL, "on_source_error: error", "analysis: {min_samples: 300}"),
        ("careful", "other", 'app="segmenter"', BY_LABEL, "on_source_error: inconclusive"),
    )

    @classmethod
    def play(cls):
        for arm, errors in (("good", 0.1), (STABLE, 0.1), ("bad", 0.6)):
            cls.lab.push("shop", lines(traffic(4000, seed=arm, arms=(arm,), pods=4, errors=errors)))


if __name__ == "__main__":
    unittest.main()
