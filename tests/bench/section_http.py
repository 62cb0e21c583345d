"""The bare HTTP path beside nginx: the same bytes, keep-alive, each server alone on core 0."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager

from contest import Row
from server import PATIENCE_S, Client, Server, cpu_seconds, get

SECONDS = 2
CONNECTIONS = 16
SERVER_CORE, CLIENT_CORE = "0", "1"

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
  access_log off; server_tokens off; keepalive_requests 1000000000; keepalive_timeout 75s;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location / {{
      default_type {content_type};
{headers}
      return 200 '{body}';
    }}
  }}
}}
"""
# nginx writes these by itself; the request id is made anew for every answer by both.
OWN_HEADERS = {"date", "connection", "content-length", "content-type", "server"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def nginx_config(folder, port, head, body):
    """nginx that answers with the headers and the body that Serin answers with."""
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    lines = []
    for name, value in headers.items():
        if name.lower() not in OWN_HEADERS:
            value = "$request_id" if name.lower() == "x-request-id" else value
            lines.append(f'      add_header {name} "{value}";')
    return NGINX.format(
        folder=folder,
        port=port,
        content_type=headers["Content-Type"],
        headers="\n".join(lines),
        body=body.decode(),
    )


@contextmanager
def nginx(context, head, body):
    folder = context.path("nginx")
    os.makedirs(folder)
    port = free_port()
    config = os.path.join(folder, "nginx.conf")
    with open(config, "w", encoding="utf-8") as file:
        file.write(nginx_config(folder, port, head, body))
    program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    command = ["taskset", "-c", SERVER_CORE, program, "-c", config, "-e", folder + "/error.log"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_for(("127.0.0.1", port))
        yield process, port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def wait_for(address):
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection(address).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def load(pid, port):
    """Requests per second, and per second of the server's own time, which noise moves less."""
    before = cpu_seconds(pid)
    words = ["taskset", "-c", CLIENT_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s"]
    done = subprocess.run(
        [*words, "--latency", f"http://127.0.0.1:{port}/livez"],
        capture_output=True,
        text=True,
        check=True,
    )
    busy = cpu_seconds(pid) - before
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(f"wrk met errors: {done.stdout}")
    requests = int(re.search(r"(\d+) requests in", done.stdout).group(1))
    return requests / SECONDS, requests / busy


def run(context):
    pinned = ("taskset", "-c", SERVER_CORE)
    with Server(context, "http", prefix=pinned) as serin:
        with Client(serin.operators) as client:
            status, head, body = client.ask(get("/livez"))
        if status != 200:
            raise RuntimeError(f"HTTP {status} from /livez")
        with nginx(context, head, body) as (process, port):
            with Client(("127.0.0.1", port)) as client:
                _, other_head, other_body = client.ask(get("/livez"))
            if other_body != body or abs(len(other_head) - len(head)) > 64:
                raise RuntimeError(f"nginx answers otherwise: {other_head} for {head}")
            rates = {"serin": [0.0, 0.0], "nginx": [0.0, 0.0]}
            for _ in range(context.rounds):
                for name, rate in (
                    ("serin", load(serin.process.pid, serin.operators[1])),
                    ("nginx", load(process.pid, port)),
                ):
                    rates[name] = [max(pair) for pair in zip(rates[name], rate)]
    units = ("requests/s", "requests per server CPU second")
    for unit, ours, theirs in zip(units, rates["serin"], rates["nginx"]):
        yield Row(
            f"bare HTTP path, keep-alive, {unit}",
            f"{ours:,.0f}",
            "nginx",
            f"{theirs:,.0f}",
            ours / theirs,
            "≥ 0.9×",
        )
