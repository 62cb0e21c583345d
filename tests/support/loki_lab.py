"""A real Loki, built by `make servers`, with nothing in it but what a test pushes.

Every tenant is apart from the others; LIMITED has limits of its own.
"""
import json
import os
import urllib.request

from server_lab import ServerLab, built

LIMITED = {
    "few-series": {"max_query_series": 30},
    "few-series-indexed": {"max_query_series": 30},
    "fewer-series": {"max_query_series": 10},
    "short-pages": {"max_entries_limit_per_query": 100},
}


class Lab(ServerLab):
    patience_s = 120
    ports = 2

    def __init__(self):
        super().__init__(built("loki"))
        self.start()

    def config(self, http, grpc):
        data = os.path.join(self.folder, "data")
        return {  # JSON is YAML
            "auth_enabled": True,
            "server": {
                "http_listen_address": "127.0.0.1",
                "http_listen_port": http,
                "grpc_listen_address": "127.0.0.1",
                "grpc_listen_port": grpc,
                "log_level": "warn",
            },
            "common": {
                "instance_addr": "127.0.0.1",
                "path_prefix": data,
                "replication_factor": 1,
                "ring": {"kvstore": {"store": "inmemory"}},
                "storage": {"filesystem": {"chunks_directory": data + "/chunks", "rules_directory": data + "/rules"}},
            },
            "ingester": {"lifecycler": {"min_ready_duration": "0s", "final_sleep": "0s"}},
            "schema_config": {
                "configs": [
                    {"from": "2020-10-24", "store": "tsdb", "object_store": "filesystem", "schema": "v13", "index": {"prefix": "index_", "period": "24h"}}
                ]
            },
            "limits_config": {"ingestion_rate_mb": 100, "ingestion_burst_size_mb": 200, "per_stream_rate_limit": "100MB", "per_stream_rate_limit_burst": "200MB"},
            "runtime_config": {"file": os.path.join(self.folder, "limits.yaml")},
            "analytics": {"reporting_enabled": False},
        }

    def write(self, name, document):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file)
        return path

    def words(self, http, grpc):
        self.write("limits.yaml", {"overrides": LIMITED})
        return ["-config.file=" + self.write("loki.yaml", self.config(http, grpc))]

    def push(self, tenant, lines, labels=None):
        """lines: (nanoseconds, text) or (nanoseconds, text, structured metadata)."""
        values = [[str(line[0]), *line[1:]] for line in lines]
        for at in range(0, len(values), 5000):
            body = {"streams": [{"stream": labels or {"app": "segmenter"}, "values": values[at : at + 5000]}]}
            request = urllib.request.Request(
                self.url + "/loki/api/v1/push", json.dumps(body).encode(), {"Content-Type": "application/json", "X-Scope-OrgID": tenant}
            )
            with urllib.request.urlopen(request, timeout=self.patience_s) as answer:
                assert answer.status == 204, answer.status
