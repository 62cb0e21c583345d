"""send_cloud_events.py URL STREAM : pushes label events with the CloudEvents SDK in every mode.

Prints a line of JSON for each request: its mode, the status and the answer.
"""

import json
import sys
import urllib.error
import urllib.request
from datetime import datetime, timezone

from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

URL, STREAM = sys.argv[1:]
NOW = datetime.now(timezone.utc)


def event(number, **attributes):
    """The event says where and when, its data what."""
    named = {
        "specversion": "1.0",
        "id": f"order {number}/é",
        "source": "/checkout",
        "type": "com.example.segment.assigned.v1",
        "subject": STREAM,
        "time": NOW,
        "datacontenttype": "application/json",
        **attributes,
    }
    return CloudEvent(named, {"arm": "7d9f8c6b5", "pod": "checkout-1", "label": f"s{number % 3}", "reference": "s1"})


def post(mode, headers, body):
    request = urllib.request.Request(URL, data=body if isinstance(body, bytes) else body.encode(), headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request) as response:
            status, answer = response.status, response.read()
    except urllib.error.HTTPError as refusal:
        status, answer = refusal.code, refusal.read()
    print(json.dumps({"mode": mode, "status": status, "answer": json.loads(answer)}))


def post_batch(events):
    texts = [JSONFormat().write(each).decode() for each in events]
    post("batched", {"Content-Type": "application/cloudevents-batch+json; charset=utf-8"}, "[" + ",\n".join(texts) + "]")


for each in (1, 2):
    message = to_structured_event(event(each))
    post("structured", message.headers, message.body)
for each in (2, 3):
    message = to_binary_event(event(each))
    post("binary", message.headers, message.body)
post_batch([event(3), event(4), event(5)])
post_batch([event(4), event(5)])
post_batch([event(6), event(7, subject="nowhere")])
