"""A real Prometheus, or what answers like one, that scrapes made-up pods whose every increment is written down.

Pods are paths of one exporter. Nothing here waits for time to pass: after each step, `settle` asks
Prometheus until it has scraped what the pods show now. As a program it plays one story, prints what
was really counted, and keeps Prometheus running until its standard input ends:

    prometheus_lab.py SERVER [MANNER]

SERVER is one of SERVERS below. MANNER is "plain", or what Prometheus 3 knows: "dotted" names, or
counters that tell when they were "created".
"""
import http.server
import json
import os
import sys
import threading
import time
import urllib.parse
import urllib.request

from server_lab import CANARY, STABLE, MissingServer, ServerLab, built, installed

METRIC = "segment_assignments_total"
START = "process_start_time_seconds"
CELL_LABELS = ("expected_segment", "segment", "region", "method")
SCRAPE_S = 0.3  # longer than any scrape takes


def quoted(value):
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


CONTENT_TYPES = {
    "plain": "text/plain; version=0.0.4",
    "dotted": "text/plain; version=1.0.0; escaping=allow-utf-8",
    "created": "application/openmetrics-text; version=1.0.0",
}


def spelt(name, manner):
    """A name as it is, or as OpenTelemetry would have it."""
    return name.replace("_", ".") if manner == "dotted" else name


def prometheus_words(folder, port):
    return [
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]


def victoria_words(folder, port):
    """Without waiting for late samples, which are none here."""
    return [
        f"-promscrape.config={folder}/prometheus.yml",
        f"-storageDataPath={folder}/data",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-search.latencyOffset=0s",
        "-search.disableCache",
        "-loggerLevel=WARN",
    ]


SERVERS = {  # the program, and what it is started with
    "prometheus2": (lambda: installed("prometheus"), prometheus_words),
    "prometheus3": (lambda: built("prometheus"), prometheus_words),
    "victoriametrics": (lambda: built("victoriametrics"), victoria_words),
}


class Pod:
    """Counters of one process. `truth` gets every increment that Prometheus can know of."""

    def __init__(self, name, arm, started, replicas=1):
        self.name, self.arm, self.replicas = name, arm, replicas
        self.started = started
        self.shows_start = True
        self.up = False
        self.counters = {}
        self.truth = {}
        self.counts_truth = True
        self.manner = "plain"
        self.created = {}

    def add(self, cell, count):
        """cell = (reference, label, region, method)"""
        # Made a little before it first counts: a scrape that is under way now bears an earlier time,
        # and a zero after its sample would look like a reset, to Prometheus too.
        made = time.time() - SCRAPE_S if self.counts_truth else self.started
        self.created.setdefault(cell, made)
        self.counters[cell] = self.counters.get(cell, 0) + count
        if self.counts_truth:
            key = (self.arm, self.name) + cell[:3]
            self.truth[key] = self.truth.get(key, 0) + count

    def restart(self, started):
        self.counters, self.created = {}, {}
        self.started = started

    def forget_truth(self):
        self.truth = {}

    def exposition(self):
        lines = [f"# TYPE {METRIC[:-len('_total')]} counter"] if self.manner == "created" else []
        for cell, value in sorted(self.counters.items()):
            labels = list(zip(CELL_LABELS, cell))
            lines.append(f"{self.selector(METRIC, labels)} {value}")
            if self.manner == "created":
                created = self.selector(METRIC.replace("_total", "_created"), labels)
                lines.append(f"{created} {self.created[cell]:.3f}")
        if self.shows_start:
            lines.append(f"{self.selector(START, ())} {self.started:.2f}")
        return "\n".join(lines + ["# EOF"] * (self.manner == "created")) + "\n"

    def selector(self, metric, labels):
        pairs = [(spelt(name, self.manner), quoted(value)) for name, value in labels]
        if self.manner == "dotted":
            return "{" + ",".join([quoted(spelt(metric, "dotted"))] + [f'"{n}"={v}' for n, v in pairs]) + "}"
        return metric + "{" + ",".join(f"{n}={v}" for n, v in pairs) + "}"


class Exporter:
    def __init__(self):
        self.pods = []
        self.lock = threading.Lock()
        lab = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                with lab.lock:
                    pod = next((p for p in lab.pods if self.path == "/pods/" + p.name), None)
                    body = pod.exposition().encode() if pod and pod.up else None
                self.send_response(200 if body is not None else 503)
                self.send_header("Content-Type", CONTENT_TYPES[pod.manner if pod else "plain"])
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = "127.0.0.1:%d" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Scraper(ServerLab):
    """One of SERVERS, which scrapes what it is told to and is asked what it has seen."""

    ready = "/-/ready"

    def __init__(self, server):
        find, self.server_words = SERVERS[server]
        super().__init__(find())

    def write_config(self, scrape_interval, jobs):
        """`jobs` are targets by name."""
        config = {  # JSON is YAML
            "global": {"scrape_interval": scrape_interval, "scrape_timeout": scrape_interval},
            "scrape_configs": [{"job_name": job, "static_configs": targets} for job, targets in jobs.items()],
        }
        with open(os.path.join(self.folder, "prometheus.yml"), "w", encoding="utf-8") as file:
            json.dump(config, file)

    def words(self, port):
        return self.server_words(self.folder, port)

    def ask(self, query):
        if self.server_words is victoria_words:  # it keeps what is new to itself for some seconds
            urllib.request.urlopen(self.url + "/internal/force_flush", timeout=10).close()
        form = urllib.parse.urlencode({"query": query}).encode()
        with urllib.request.urlopen(self.url + "/api/v1/query", form, timeout=10) as answer:
            return json.load(answer)["data"]["result"]


class Lab(Scraper):
    def __init__(self, pods, scrape_interval="200ms", jobs=("pods",), server="prometheus2", manner="plain"):
        super().__init__(server)
        self.exporter = Exporter()
        self.exporter.pods = pods
        self.manner = manner
        for pod in pods:
            pod.manner = manner
        self.jobs = jobs
        self.write_config(scrape_interval, {job: self.targets() for job in jobs})
        self.start()

    def targets(self):
        return [
            {
                "targets": [self.exporter.address],
                "labels": {
                    "__metrics_path__": "/pods/" + pod.name,
                    "instance": f"{pod.name}:8080",
                    "pod": pod.name,
                    spelt("rollouts_pod_template_hash", self.manner): pod.arm,
                },
            }
            for pod in self.exporter.pods
        ]

    def words(self, port):
        created = ["--enable-feature=created-timestamp-zero-ingestion"] * (self.manner == "created")
        return super().words(port) + created

    def has_scraped_all(self):
        """Whether the newest samples are what the pods show now. Prometheus is asked for samples
        that are younger than the change, by their values and not by their time."""
        seen = {job: {} for job in self.jobs}
        metric, start = spelt(METRIC, self.manner), spelt(START, self.manner)
        for series in self.ask(f'{{__name__=~"{metric}|{start}|up"}}'):
            labels = series["metric"]
            key = (labels["pod"], labels["__name__"]) + tuple(
                labels.get(spelt(name, self.manner), "") for name in CELL_LABELS
            )
            seen[labels["job"]][key] = float(series["value"][1])
        wanted = {}
        with self.exporter.lock:
            for pod in self.exporter.pods:
                wanted[(pod.name, "up", "", "", "", "")] = float(pod.up)
                if pod.up and pod.shows_start:
                    wanted[(pod.name, start, "", "", "", "")] = float(f"{pod.started:.2f}")
                if pod.up:
                    for cell, value in pod.counters.items():
                        wanted[(pod.name, metric) + cell] = float(value)
        return all(each == wanted for each in seen.values())

    def step(self, change):
        """Changes pods at one instant between scrapes, and waits until it has been scraped."""
        with self.exporter.lock:
            change()
        if not self.wait_until(self.has_scraped_all):
            raise RuntimeError("prometheus did not scrape the pods")

    def let_scrapes_end(self):
        """A sample has the time at which its scrape began: one under way now could show what comes
        next as if it had been before."""
        time.sleep(SCRAPE_S)

    def now_ms(self):
        """A moment after every sample so far, by Prometheus's clock, which is ours."""
        return int(time.time() * 1000) + 1

    def close(self):
        super().close()
        self.exporter.close()


# ---- the story -----------------------------------------------------------------------------------

HOSTILE = 'x"} or up #\\\n'
SEGMENTS = ["s1", "s2", "s\"3\\"]


def story(lab, pods):
    """Plays everything that counters do. Returns the window's start and the truths of a window
    that begins there and of one that begins with the canary's first event."""
    c0, c1, c2, s0, s1, s2, s3, other, hostile = pods
    now = time.time()

    def grow(pod, seed, cells=9):
        for i in range(cells):
            reference, label = SEGMENTS[i % 3], SEGMENTS[(i // 3 + seed) % 3]
            region = "eu" if (i + seed) % 2 else "us"
            pod.add((reference, label, region, "GET" if i % 2 else "POST"), (seed * 7 + i * 3) % 11)

    def past():
        for pod in (s0, s1, other):
            pod.up = True
            grow(pod, 1)
            grow(pod, 2)

    lab.step(past)
    for pod in pods:
        pod.forget_truth()
    start_ms = lab.now_ms()

    lab.let_scrapes_end()
    lab.step(lambda: [grow(pod, 3) for pod in (s0, s1, other)])
    before_canary = [dict(pod.truth) for pod in pods]

    def canary_appears():  # with its first events already counted; the stable arm stands still
        for pod, seed in ((c0, 1), (c1, 2), (hostile, 1)):
            pod.up, pod.started = True, time.time()
            grow(pod, seed, cells=4)

    lab.let_scrapes_end()
    lab.step(canary_appears)
    lab.step(lambda: [grow(pod, 4) for pod in (c0, c1, s0, s1)])

    def late_series():  # a label seen for the first time, on a pod scraped before
        s0.add(("s1", "new", "eu", "GET"), 5)
        c1.add(("s2", "new", "", "GET"), 7)  # without a region
        c0.add(("", "s1", "eu", "GET"), 3)  # without a reference

    lab.step(late_series)

    def restarts():  # down to lower values, and up to higher ones between two scrapes
        s1.restart(time.time())
        s1.add(("s1", "s1", "eu", "GET"), 1)
        c0.restart(time.time())
        for cell in list(c0.truth):
            c0.add(cell[2:] + ("GET",), 1000)

    time.sleep(1.1)  # start times closer together than a second are taken as one
    lab.step(restarts)

    def stranger():  # an old process that is scraped only from now on: what came before is unknown
        s2.up, s2.started, s2.counts_truth = True, now - 7200, False
        grow(s2, 5)

    lab.step(stranger)
    s2.counts_truth = True

    def newcomer():  # a late canary pod, and a stable one that shows no start time
        c2.up, c2.started = True, time.time()
        grow(c2, 2)
        s3.up, s3.shows_start, s3.counts_truth = True, False, False
        s3.add(("s1", "s1", "eu", "GET"), 0)  # 0 at first: nothing is missed
        s3.counts_truth = True

    lab.step(newcomer)
    lab.let_scrapes_end()  # a single 0 is no evidence that somebody scraped
    lab.step(lambda: [grow(pod, 6) for pod in (c0, c2, s0, s2, s3)])

    def vanish():
        c1.up = False  # a pod goes
        del s0.counters[("s1", "new", "eu", "GET")]  # a series goes

    lab.step(vanish)
    lab.step(lambda: [grow(pod, 8) for pod in (c0, c2, s0, s1, s2, s3, other, hostile)])

    window, rollout = {}, {}
    for pod, before in zip(pods, before_canary):
        window.update(pod.truth)
        for key, count in pod.truth.items():
            rollout[key] = count - before.get(key, 0)
    return start_ms, window, rollout


def escaped(text):
    return "".join(c if c.isalnum() or c in "-_." else "%%%02x" % ord(c) for c in text) or "%"


def lines(truth):
    """One line a cell and slice: arm pod reference label region-or-* count."""
    sums = {}
    for (arm, pod, reference, label, region), count in truth.items():
        for place in {"*", region} - {""}:
            key = (arm, pod, reference, label, place)
            sums[key] = sums.get(key, 0) + count
    return sorted(
        " ".join([escaped(part) if part != "*" else part for part in key]) + f" {count}"
        for key, count in sums.items()
        if count
    )


def story_pods():
    """The pods the story is about, in its order."""
    old = time.time() - 7200
    arms = [CANARY] * 3 + [STABLE] * 4
    pods = [Pod(f"checkout.v2-{arm}-{i}", arm, old) for i, arm in enumerate(arms)]
    pods.append(Pod(f"checkoutxv2-{STABLE}-7", "other", old))  # a dot is no wildcard
    pods.append(Pod("hostile-pod", HOSTILE, old))
    return pods


def main(server, manner):
    pods = story_pods()
    try:
        lab = Lab(pods, server=server, manner=manner)
    except MissingServer as missing:
        print("missing", missing, flush=True)
        return
    try:
        start_ms, window, rollout = story(lab, pods)
        print("url", lab.url)
        print("start_ms", start_ms)
        print("now_ms", lab.now_ms())
        for name, truth in (("window", window), ("rollout", rollout)):
            for line in lines(truth):
                print(name, line)
        print("end", flush=True)
        sys.stdin.read()
    finally:
        lab.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "plain")
