"""A real Loki, built by `make servers`, with nothing in it but what a test pushes.

Every tenant is apart from the others; LIMITED has limits of its own.
"""
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

PATIENCE_S = 120  # far more than any step takes; a lab that hangs must end
LIMITED = {
    "few-series": {"max_query_series": 30},
    "few-series-indexed": {"max_query_series": 30},
    "fewer-series": {"max_query_series": 10},
    "short-pages": {"max_entries_limit_per_query": 100},
}


class MissingServer(Exception):
    """This machine has no Loki."""


def program():
    script = os.path.join(os.path.dirname(__file__), "go_server.sh")
    done = subprocess.run(["sh", script, "--built", "loki"], capture_output=True, text=True)
    if not done.stdout.strip():
        raise MissingServer(done.stderr.strip())
    return done.stdout.strip()


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


class Lab:
    def __init__(self):
        self.program = program()
        self.folder = tempfile.mkdtemp(prefix="loki-lab-")
        self.process = None
        for _ in range(5):  # a port may be taken between looking and using it
            self.start()
            if self.wait_until(self.is_ready, give_up=lambda: self.process.poll() is not None):
                return
            self.end()
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as log:
            raise RuntimeError("loki does not start:\n" + log.read()[-4000:])

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

    def start(self):
        http, grpc = free_ports(2)
        self.url = f"http://127.0.0.1:{http}"
        self.write("limits.yaml", {"overrides": LIMITED})
        config = self.write("loki.yaml", self.config(http, grpc))
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen([self.program, "-config.file=" + config], stdout=log, stderr=log)

    def is_ready(self):
        try:
            with urllib.request.urlopen(self.url + "/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    @staticmethod
    def wait_until(condition, give_up=lambda: False):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and not give_up():
            if condition():
                return True
            time.sleep(0.1)
        return False

    def push(self, tenant, lines, labels=None):
        """lines: (nanoseconds, text) or (nanoseconds, text, structured metadata)."""
        values = [[str(line[0]), *line[1:]] for line in lines]
        for at in range(0, len(values), 5000):
            body = {"streams": [{"stream": labels or {"app": "segmenter"}, "values": values[at : at + 5000]}]}
            request = urllib.request.Request(
                self.url + "/loki/api/v1/push", json.dumps(body).encode(), {"Content-Type": "application/json", "X-Scope-OrgID": tenant}
            )
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                assert answer.status == 204, answer.status

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.kill()  # what it would write out is of no use to anyone
            self.process.wait()

    def close(self):
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)
