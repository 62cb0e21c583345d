"""What the service takes and answers is what /openapi.json says, field by field and limit by limit."""

import datetime
import json
import re
import shutil
import time
import unittest
import urllib.parse

from service import Service, label_events

CONFIG = """
sources:
  - {name: away, type: prometheus, url: "http://127.0.0.1:9"}
streams:
  - {name: shop, owner: team-shop, slices: [region], keyed: true, analysis: {min_samples: 300}}
  - {name: sampled, owner: team-shop, sample_keys: 0.5, otlp: {scope: labels}}
  - {name: scraped, owner: team-shop, source: away, metric: labels_total, label: segment, reference: truth, arm: {label: hash}, pod: pod}
"""
SMALL = ["ap", "af", "ca", "me", "oc", "sa"]  # regions with too few events for a verdict of their own
KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
SAID = {"description", "default", "examples"}  # to people


def is_kind(value, kind):
    if kind in ("number", "integer"):
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and (kind == "number" or value == int(value))
    return isinstance(value, KINDS[kind])


def is_time(text):
    return text.endswith("Z") and datetime.datetime.fromisoformat(text[:-1]) is not None


# keyword → whether a value keeps to it; those about parts of a value are walked by Description.
RULES = {
    "type": lambda value, kinds: any(is_kind(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)),
    "enum": lambda value, allowed: value in allowed,
    "const": lambda value, only: value == only,
    "minimum": lambda value, limit: value is None or value >= limit,
    "maximum": lambda value, limit: value is None or value <= limit,
    "minLength": lambda value, limit: len(value) >= limit,
    "maxLength": lambda value, limit: len(value) <= limit,
    "minItems": lambda value, limit: len(value) >= limit,
    "maxItems": lambda value, limit: value is None or len(value) <= limit,
    "pattern": lambda value, pattern: re.search(pattern, value) is not None,
    "format": lambda value, name: value is None or (name == "date-time" and is_time(value)),
    "required": lambda value, names: set(names) <= set(value),
}


class Description:
    """The document of a service; remembers which fields it has met."""

    def __init__(self, document):
        self.document = document
        self.met = set()

    def resolve(self, node):
        while "$ref" in node:
            target = node["$ref"]
            node = self.document
            for step in target.removeprefix("#/").split("/"):
                node = node[step]
        return node

    def schema(self, name):
        return self.document["components"]["schemas"][name]

    def faults(self, value, schema, where):
        """What of a value the schema does not allow. A field that is not described is a fault too."""
        schema = self.resolve(schema)
        for keyword, argument in schema.items():
            if keyword in RULES and not RULES[keyword](value, argument):
                yield f"{where}: {value!r} breaks {keyword} {argument}"
            elif keyword not in RULES and keyword not in SAID | {"properties", "items", "prefixItems"}:
                yield f"{where}: the test does not know {keyword}"
        if isinstance(value, dict):
            for name, member in value.items():
                if name not in schema.get("properties", {}):
                    yield f"{where}.{name}: not described"
                    continue
                self.met.add((id(schema), name))
                yield from self.faults(member, schema["properties"][name], f"{where}.{name}")
        for index, member in enumerate(value if isinstance(value, list) else []):
            rows = schema.get("prefixItems")
            if not rows and "items" not in schema:
                yield f"{where}: items are not described"
                return
            yield from self.faults(member, rows[index] if rows else schema["items"], f"{where}[{index}]")

    def unmet(self, schema, where):
        """The described fields that no value had."""
        schema = self.resolve(schema)
        for name, member in schema.get("properties", {}).items():
            if (id(schema), name) not in self.met:
                yield f"{where}.{name}"
            yield from self.unmet(member, f"{where}.{name}")
        if "items" in schema:
            yield from self.unmet(schema["items"], where + "[]")


def keyed(events, slices):
    return [dict(event, key=f"k{number}", slices={"region": slices[number % len(slices)]}) for number, event in enumerate(events)]


class Described(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service(CONFIG).start()
        cls.description = Description(cls.service.call("GET", "/openapi.json").json())
        for arm, count, errors in (("stable", 4000, 0.1), ("good", 3000, 0.1), ("bad", 3000, 0.5), ("few", 30, 0.1)):
            assert cls.service.push(keyed(label_events("shop", arm, count, errors, seed=arm, pods=4, minutes=20), ["eu", "us"])).status == 200
        split = label_events("shop", "split", 3000, 0.1, seed=5, pods=4, minutes=20)
        for number, event in enumerate(split):
            if event["label"] == "s1":
                event["label"] = f"s1{'ab'[number % 2]}"
            if number % 9 == 0:
                del event["reference"]
        assert cls.service.push(keyed(split, ["eu", "us"])).status == 200
        for arm in ("good", "stable"):
            some = label_events("shop", arm, 1200, 0.1, seed=arm + "'s", pods=4, minutes=20)
            some = keyed(some, SMALL)
            assert cls.service.push([dict(event, key="k'" + event["key"]) for event in some]).status == 200

    @classmethod
    def tearDownClass(cls):
        cls.service.stop()
        shutil.rmtree(cls.service.folder)

    def assert_described(self, value, name):
        self.assertEqual(list(self.description.faults(value, self.description.schema(name), name)), [])

    def assert_all_met(self, name):
        self.assertEqual(list(self.description.unmet(self.description.schema(name), name)), [])

    def post(self, **fields):
        return self.service.call("POST", "/v1/analysis", json.dumps(fields))

    def test_every_place_described_is_there_with_just_these_methods(self):
        for path, operations in self.description.document["paths"].items():
            for method in ("GET", "POST", "PUT", "DELETE"):
                with self.subTest(path=path, method=method):
                    answer = self.service.call(method, path.replace("{name}", "shop"))
                    self.assertEqual(answer.status == 405, method.lower() not in operations, answer.body)
                    self.assertNotEqual(answer.status, 404)

    def test_verdicts(self):
        for canary in ("good", "bad", "few", "split", "nobody"):
            for more in ({}, {"design": "shift"}, {"design": "paired", "slices": []}, {"interval": "fixed", "slices": ["region"]}, {"window": "5m"}):
                with self.subTest(canary=canary, more=more):
                    fields = {"stream": "shop", "canary": canary, "stable": "stable", **more}
                    answer = self.post(**fields)
                    self.assertEqual(answer.status, 200, answer.body)
                    self.assert_described(answer.json(), "Answer")
        self.assert_all_met("Answer")

    def test_tables(self):
        for canary in ("good", "split", "nobody"):
            for more in ({}, {"design": "shift"}, {"design": "paired", "slices": ""}, {"window": "5m", "margin": 0.05}):
                with self.subTest(canary=canary, more=more):
                    query = urllib.parse.urlencode({"canary": canary, "stable": "stable", **more})
                    answer = self.service.call("GET", "/v1/streams/shop/tables?" + query)
                    self.assertEqual(answer.status, 200, answer.body)
                    self.assert_described(answer.json(), "Tables")
        self.assert_all_met("Tables")

    def test_the_tables_tell_which_slices_were_judged_together(self):
        tables = self.service.call("GET", "/v1/streams/shop/tables?canary=good&stable=stable").json()
        self.assertEqual((tables["stratified_by"], tables["slices_left_out"]), ("region", 0))
        told = {each["value"]: (each["judged"], each["canary_samples"]) for each in tables["slices"]}
        self.assertEqual(told, {**dict.fromkeys(SMALL, ("pooled", 200)), "eu": ("alone", 1500), "us": ("alone", 1500), None: ("rest", 1200)})
        plain = self.service.call("GET", "/v1/streams/shop/tables?canary=good&stable=stable&slices=").json()
        self.assertEqual((plain["stratified_by"], plain["slices"]), (None, []))

    def test_streams(self):
        answer = self.service.call("GET", "/v1/streams")
        self.assert_described(answer.json(), "Streams")
        self.assertEqual([stream["arms"] is None for stream in answer.json()["streams"]], [False, False, True])
        self.assert_all_met("Streams")

    def test_batches(self):
        events = label_events("sampled", "a", 3, 0, seed=1)
        for _ in range(2):
            answer = self.service.push([dict(event, key=event["label"]) for event in events], batch="b1")
            self.assertEqual(answer.status, 200, answer.body)
            self.assert_described(answer.json(), "Accepted")
        cloud_events = [{"specversion": "1.0", "id": str(number), "source": "/s", "type": "t", "data": dict(event, key="k")} for number, event in enumerate(events)]
        for batch in (cloud_events[:2], cloud_events[1:]):
            answer = self.service.call("POST", "/v1/events", json.dumps(batch), {"Content-Type": "application/cloudevents-batch+json"})
            self.assertEqual(answer.status, 200, answer.body)
            self.assert_described(answer.json(), "Accepted")
        self.assert_all_met("Accepted")

    def test_logs(self):
        for body, content_type, code in (("{}", "application/json", 200), ("{", "application/json", 400), ("x", "application/x-protobuf", 415)):
            answer = self.service.call("POST", "/v1/logs", body, {"Content-Type": content_type})
            self.assertEqual(answer.status, code, answer.body)
            self.assert_described(answer.json(), "LogsAccepted" if code == 200 else "Status")
        self.assert_all_met("LogsAccepted")
        self.assert_all_met("Status")

    def test_problems(self):
        asked = [
            self.post(stream="shop", canary="a", stable="b", margin=7),
            self.post(stream="nope", canary="a", stable="b"),
            self.post(stream="scraped", canary="a", stable="b"),
            self.service.call("POST", "/v1/analysis", "{"),
            self.service.call("POST", "/v1/analysis", b" " * 100_000),
            self.service.call("GET", "/v1/analysis?stream=" + "x" * 20_000),
            self.service.call("DELETE", "/v1/streams"),
            self.service.call("POST", "/v1/events", "x", {"Content-Encoding": "br"}),
            self.service.call("POST", "/v1/events", "{}"),
        ]
        for answer in asked:
            with self.subTest(answer.body):
                self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
                self.assert_described(answer.json(), "Problem")
                self.assertEqual(answer.json()["status"], answer.status)
                self.assertEqual("Allow" in answer.headers, answer.status == 405)
        self.assertEqual([answer.status for answer in asked], [422, 404, 502, 400, 413, 414, 405, 415, 422])
        self.assert_all_met("Problem")


def just_beyond(schema):
    """(a value that a schema still takes, one that it does not) for each limit that it states."""
    step = 1 if schema.get("type") == "integer" else 0.001
    if "enum" in schema:
        yield from ((value, value + "x") for value in schema["enum"])
    for limit, sign in (("minimum", -1), ("maximum", 1)):
        if limit in schema:
            yield schema[limit], schema[limit] + sign * step
    for limit, sign in (("exclusiveMinimum", 1), ("exclusiveMaximum", -1)):
        if limit in schema:
            yield schema[limit] + sign * step, schema[limit]
    for limit, sign in (("minLength", -1), ("maxLength", 1)):
        if limit in schema:
            yield "x" * schema[limit], "x" * (schema[limit] + sign)


class Limits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service("streams:\n  - {name: shop, keyed: true, slices: [a, b, c, d, e, f, g, h]}\n  - {name: many, keyed: true}\n").start()
        cls.description = Description(cls.service.call("GET", "/openapi.json").json())

    @classmethod
    def tearDownClass(cls):
        cls.service.stop()
        shutil.rmtree(cls.service.folder)

    def question(self, name, value):
        """Whether a question with that value is taken as far as this field goes."""
        fields = {"stream": "shop", "canary": "a", "stable": "b", name: value}
        answer = self.service.call("POST", "/v1/analysis", json.dumps(fields))
        self.assertIn(answer.status, (200, 404, 422), answer.body)
        return answer.status != 422 or not answer.json()["field"].startswith(name)

    def event(self, **fields):
        event = {"stream": "shop", "time": int(time.time() * 1000), "arm": "a", "pod": "p", "label": "l", "key": "k", **fields}
        event = {name: value for name, value in event.items() if value != "absent"}
        return self.service.push([event]).status == 200

    def test_of_a_question(self):
        for name, schema in self.description.schema("Question")["properties"].items():
            for taken, refused in just_beyond(schema):
                with self.subTest(name=name, taken=taken, refused=refused):
                    self.assertTrue(self.question(name, taken))
                    self.assertFalse(self.question(name, refused))
        self.assertTrue(self.question("slices", list("abcdefgh")))
        self.assertFalse(self.question("slices", list("abcdefghi")))

    def test_of_an_event(self):
        schema = self.description.schema("Event")
        for name in schema["properties"]:
            for taken, refused in just_beyond(self.description.resolve(schema["properties"][name])):
                if name == "stream":
                    continue
                with self.subTest(name=name, taken=taken, refused=refused):
                    stream = "many" if taken == 2**53 else "shop"  # it is all that a stream can hold
                    self.assertTrue(self.event(**{"stream": stream, name: taken}))
                    self.assertFalse(self.event(**{"stream": stream, name: refused}))
        self.assertTrue(self.event(slices={name: "x" for name in "abcdefgh"}))
        self.assertFalse(self.event(slices={name: "x" for name in "abcdefghi"}))
        for name in ("stream", "time", "arm", "pod", "label"):
            self.assertFalse(self.event(**{name: "absent"}), name)
        self.assertTrue(self.event(arm="absent", pod="absent", label="absent", reference="r"))
        self.assertFalse(self.event(arm="absent", pod="absent", label="absent"))

    def test_required_fields_are_required(self):
        for name in self.description.schema("Question")["required"]:
            fields = {"stream": "shop", "canary": "a", "stable": "b"}
            del fields[name]
            answer = self.service.call("POST", "/v1/analysis", json.dumps(fields))
            self.assertEqual((answer.status, answer.json()["field"]), (422, name), answer.body)

    def test_the_parameters_of_the_query_are_the_fields_of_a_question(self):
        fields = set(self.description.schema("Question")["properties"])
        paths = self.description.document["paths"]
        for path, missing in (("/v1/analysis", set()), ("/v1/streams/{name}/tables", {"stream"})):
            parameters = [self.description.resolve(each) for each in paths[path]["get"]["parameters"]]
            self.assertEqual({each["name"] for each in parameters if each["in"] == "query"}, fields - missing, path)


if __name__ == "__main__":
    unittest.main()
