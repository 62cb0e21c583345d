"""send_otlp_logs.py URL EVENTS [gzip] : logs label events with the OpenTelemetry SDK over OTLP/HTTP JSON.

Besides them it logs what is no label event. Exits with 1 when an export failed.
"""

import sys
import time

from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.common.http import Compression
from opentelemetry.exporter.otlp.json.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, LogRecordExportResult
from opentelemetry.sdk.resources import Resource

URL, EVENTS = sys.argv[1], int(sys.argv[2])
COMPRESSION = Compression.GZIP if "gzip" in sys.argv else Compression.NONE


class Watched(OTLPLogExporter):
    failed = False

    def export(self, batch):
        result = super().export(batch)
        Watched.failed |= result is not LogRecordExportResult.SUCCESS
        return result


resource = Resource.create({"service.name": "checkout", "k8s.pod.name": "checkout-7d9f8c6b5-x2x9z", "k8s.pod.label.rollouts-pod-template-hash": "7d9f8c6b5", "cloud.region": "eu"})
provider = LoggerProvider(resource=resource)
provider.add_log_record_processor(BatchLogRecordProcessor(Watched(endpoint=URL, compression=COMPRESSION), max_export_batch_size=100, schedule_delay_millis=60_000))
logger = provider.get_logger("checkout.labels")
for number in range(EVENTS):
    attributes = {"segment": f"s{number % 3}", "segment.expected": "s1", "http.status_code": 200, "weights": [0.5, 0.25]}
    logger.emit(LogRecord(timestamp=time.time_ns(), event_name="segment.assigned", attributes=attributes))
    if number % 10 == 0:
        logger.emit(LogRecord(timestamp=time.time_ns(), body={"step": number, "nested": {"a": [1, None]}}))
provider.shutdown()
sys.exit(Watched.failed)
