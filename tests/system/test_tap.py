"""The sidecar: what comes in by every way is counted exactly, through rotation, kill and floods."""

import http.client
import http.server
import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from service import BINARY, PATIENCE, SANITIZED, Service
from tap import Tap, TapCase, free_port, lines



def counter(label, reference=None, arm="abc", pod="shop-1", extra=""):
    middle = f'reference="{reference}",' if reference else ""
    return f'serin_label_events_total{{arm="{arm}",pod="{pod}",{middle}label="{label}"{extra}}}'


def own_address():
    """An address of this machine that others could use; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return probe.getsockname()[0]


class Inputs(TapCase):
    def test_lines_of_standard_input_are_counted_and_the_end_is_lingered_over(self):
        tap = self.tap("--linger", "200ms", "--slices", "region=geo.region", file="-")
        event = {"label": "s1", "reference": "s2", "geo": {"region": "eu"}}
        tap.send([event, event])
        tap.process.stdin.write('{"label":"s3"')
        tap.process.stdin.flush()
        tap.wait_for_events(2)
        self.assertEqual(tap.metrics()[counter("s1", "s2", extra=',region="eu"')], 2)
        tap.process.stdin.write("}")
        tap.process.stdin.close()
        self.assertEqual(tap.process.wait(PATIENCE), 0)
        tap.reader.join(PATIENCE)
        self.assertEqual(tap.log[-1]["msg"], "stopped")
        self.assertEqual(tap.log[-1]["events"], 3)

    def test_a_log_file_is_followed_through_renames_and_truncation(self):
        folder = tempfile.mkdtemp(prefix="serin-log-")
        self.addCleanup(shutil.rmtree, folder)
        path = os.path.join(folder, "app.log")
        with open(path, "w", encoding="utf-8") as log:
            log.write(lines([{"label": "old"}] * 5))
        tap = self.tap("--labels", "s1,s2,s3", file=path)
        written = 0
        draw = random.Random(1)
        log = open(path, "a", encoding="utf-8")

        def write(count):
            nonlocal written
            log.write(lines([{"label": "s1"}] * count) + "not for counting\n")
            log.flush()
            written += count

        for turn in range(12):
            write(1 + draw.randrange(300))
            tap.wait_for_events(written)
            if turn % 3 == 0:  # as logrotate does: rename, create, later the writer reopens
                os.rename(path, path + ".1")
                open(path, "w", encoding="utf-8").close()
                write(7)
                log.close()
                log = open(path, "a", encoding="utf-8")
                write(3)
            elif turn % 3 == 1:  # copytruncate
                os.truncate(path, 0)
                tap.wait_for("serin_tap_file_truncations_total", turn // 3 + 1)
        log.close()
        tap.wait_for_events(written)
        metrics = tap.metrics()
        self.assertEqual(metrics[counter("s1")], written)
        self.assertEqual(metrics["serin_tap_file_rotations_total"], 4)
        self.assertEqual(metrics["serin_tap_file_failures_total"], 0)
        self.assertEqual(metrics['serin_tap_lines_total{fate="not_json"}'], 12 + 8)

    def test_datagrams_and_connections_are_counted(self):
        for kind, type_ in (("datagram", socket.SOCK_DGRAM), ("stream", socket.SOCK_STREAM)):
            path = os.path.join(tempfile.mkdtemp(prefix="serin-socket-"), "tap.sock")
            self.addCleanup(shutil.rmtree, os.path.dirname(path))
            tap = self.tap("--socket", path, "--socket-type", kind)
            senders = [socket.socket(socket.AF_UNIX, type_) for _ in range(3)]
            for sender in senders:
                sender.connect(path)
            for i in range(300):
                senders[i % 3].sendall(json.dumps({"label": "s1"}).encode() + b"\n")
            for sender in senders:
                sender.close()
            tap.wait_for_events(300)
            self.assertEqual(tap.stop(), 0)
            self.assertFalse(os.path.exists(path))

    def test_a_socket_left_behind_is_replaced_and_one_in_use_is_not(self):
        path = os.path.join(tempfile.mkdtemp(prefix="serin-socket-"), "tap.sock")
        self.addCleanup(shutil.rmtree, os.path.dirname(path))
        first = self.tap("--socket", path)
        second = Tap("--socket", path)
        self.addCleanup(second.kill)
        with self.assertRaisesRegex(RuntimeError, "listens on"):
            second.start()
        self.assertEqual(first.stop(signal.SIGKILL), -signal.SIGKILL)
        self.tap("--socket", path)

    def test_events_are_posted(self):
        tap = self.tap()
        answer = tap.call("POST", "/v1/events", lines([{"label": "s1"}] * 1000) + "broken\n")
        self.assertEqual(answer.json(), {"counted": 1000, "refused": 1})
        self.assertEqual(tap.metrics()[counter("s1")], 1000)
        gzipped = tap.call("POST", "/v1/events", b"x", {"Content-Encoding": "gzip"})
        self.assertEqual(gzipped.status, 415)
        self.assertEqual(tap.call("PUT", "/v1/events", "x").status, 405)
        self.assertEqual(tap.call("GET", "/nowhere").status, 404)
        self.assertEqual(tap.call("GET", "/livez").status, 200)
        self.assertEqual(tap.call("GET", "/readyz").status, 200)

    def test_events_from_another_address_are_refused(self):
        address = own_address()
        if not address:
            self.skipTest("this machine has loopback addresses only")
        port = free_port()
        tap = self.tap("--listen", f":{port}")
        tap.address = f"{address}:{port}"
        self.assertEqual(tap.call("POST", "/v1/events", lines([{"label": "s1"}])).status, 403)
        self.assertEqual(tap.call("GET", "/metrics").status, 200)
        self.assertEqual(tap.metrics()["serin_tap_events_total"], 0)


class Access(TapCase):
    def test_counts_need_the_token_of_the_file_as_it_is_now(self):
        folder = tempfile.mkdtemp(prefix="serin-token-")
        self.addCleanup(shutil.rmtree, folder)
        path = os.path.join(folder, "token")

        def write(token):
            with open(path, "w", encoding="utf-8") as file:
                file.write(token + "\n")

        def status(route, shown):
            return tap.call("GET", route, headers={"Authorization": shown} if shown else {}).status

        write("a token of enough bytes")
        tap = self.tap("--token-file", path)
        for route in ("/metrics", "/v1/tap/blocks"):
            self.assertEqual(status(route, None), 401)
            for wrong in ("Bearer a token of enough byte", "Bearer ", "Basic a token of enough bytes", "Bearer a token of enough bytes2", "Bearer"):
                self.assertEqual(status(route, wrong), 401, wrong)
            self.assertEqual(status(route, "bearer a token of enough bytes"), 200)
        self.assertEqual(status("/livez", None), 200)
        self.assertEqual(status("/readyz", None), 200)
        write("another token of enough bytes")
        self.assertEqual(status("/metrics", "Bearer a token of enough bytes"), 401)
        self.assertEqual(status("/metrics", "Bearer another token of enough bytes"), 200)
        os.unlink(path)
        self.assertEqual(status("/metrics", "Bearer another token of enough bytes"), 401)

    def test_counts_that_are_open_to_others_are_warned_of(self):
        tap = self.tap("--listen", ":0")
        self.assertTrue([entry for entry in tap.log if entry["level"] == "warning" and "token-file" in entry["msg"]])


class Flags(unittest.TestCase):
    def test_wrong_use_is_told_in_one_line(self):
        cases = (
            (["--arm", "a", "--slices", "geo.region"], "--slices"),
            (["--arm", "a", "--label-pattern", "("], "label_pattern"),
            (["--arm", "a", "--cut-points", "2,1"], "cut_points"),
            (["--arm", "a", "--sample-keys", "0.1"], "key_secret_file"),
            (["--arm", "a", "--metric", "a-b"], "--metric"),
            (["--arm", "a", "--budget", "1MiB"], "--budget"),
            (["--arm", "a", "--listen", "example.org:1"], "not an address"),
            (["--arm", "a", "--push", "http://x/v1/events"], "stream"),
            (["--arm", "a", "--push", "http://x/v1/events", "--stream", "s"], "spool"),
            (["--arm", "a", "--spool", "/tmp"], "push"),
            (["--arm", "a", "--token-file", "/dev/null"], "token"),
            ([], "--arm"),
        )
        for flags, part in cases:
            done = subprocess.run([BINARY, "tap", *flags], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
            self.assertIn(done.returncode, (2, 4), flags)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertIn(part.strip("-").replace("-", "_"), done.stderr.replace("-", "_"), flags)


class Documentation(TapCase):
    """What docs/sources/tap.md shows is run."""

    @classmethod
    def setUpClass(cls):
        with open("docs/sources/tap.md", encoding="utf-8") as file:
            cls.text = file.read()

    def replaced(self, words, folder):
        """Its words with what the cluster would put in, and with paths and ports of ours."""
        ours = {"$(HASH)": "7d9f8c6b5", "$(POD)": "shop-1", '"$HASH"': "7d9f8c6b5", "--listen=:9464": "--listen=127.0.0.1:0", "https://serin:8080": "http://127.0.0.1:1"}
        for old, new in ours.items():
            words = [word.replace(old, new) for word in words]
        return [re.sub(r"^/var/.*/", folder + "/", word) for word in words]

    def run_tap(self, words):
        folder = tempfile.mkdtemp(prefix="serin-doc-")
        self.addCleanup(shutil.rmtree, folder)
        words = self.replaced(words, folder)
        with open(os.path.join(folder, "token"), "w", encoding="utf-8") as file:
            file.write("a token\n")
        path = os.path.join(folder, "labels.log")
        self.assertIn(path, words)
        open(path, "w", encoding="utf-8").close()
        listen = [] if "--listen=127.0.0.1:0" in words else ["--listen", "127.0.0.1:0"]
        process = subprocess.Popen([BINARY, *words, *listen], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        line = process.stderr.readline()
        self.assertIn('"tapping"', line)
        tap = Tap()
        tap.address = json.loads(line)["listen"]
        with open(path, "a", encoding="utf-8") as log:
            log.write(lines([{"label": "s1", "out": {"segment": "s1", "expected": "s2"}, "client": {"region": "eu"}}]))
        tap.wait_for("serin_tap_events_total", 1)
        metrics = tap.metrics()
        process.terminate()
        process.stderr.read()
        process.stderr.close()
        self.assertEqual(process.wait(PATIENCE), 0)
        return metrics

    def test_the_container_counts(self):
        block = self.text.split("        args:\n", 1)[1].split("        env:", 1)[0]
        metrics = self.run_tap(re.findall(r"- (\S+)\n", block))
        self.assertEqual(metrics[counter("s1", "s2", arm="7d9f8c6b5", extra=',region="eu"')], 1)

    def test_the_command_that_sends_starts(self):
        command = re.search(r"^    serin (tap .*\n.*)$", self.text, re.M)[1].replace("\\\n", " ")
        self.run_tap(command.split())

    def test_every_metric_it_names_is_there(self):
        folder = tempfile.mkdtemp(prefix="serin-spool-")
        self.addCleanup(shutil.rmtree, folder)
        spool = os.path.join(folder, "spool")
        tap = self.tap("--push", "http://127.0.0.1:1/v1/events", "--stream", "s", "--spool", spool)
        shown = {name.split("{")[0] for name in tap.metrics()}
        for name in set(re.findall(r"serin_tap_[a-z_]+", self.text)):
            self.assertIn(name, shown)


class Privacy(TapCase):
    def test_what_looks_personal_is_nowhere_to_be_seen(self):
        secret = self.secret_file()
        tap = self.tap("--sample-keys", "1", "--key-secret-file", secret, "--slices", "who", file="-")
        tap.send([{"label": "bob@example.com", "reference": "4111 1111 1111 1111", "who": "10.1.2.3", "key": "eve@example.com"}, {"label": "s1", "key": "+49 30 123456"}])
        tap.wait_for_events(2)
        seen = tap.call("GET", "/metrics").body + tap.call("GET", "/v1/tap/blocks").body + json.dumps(tap.log).encode()
        for secret in (b"example", b"4111", b"10.1.2", b"123456", b"enough"):
            self.assertNotIn(secret, seen)
        self.assertIn(counter("(masked)", "(masked)", extra=',who="(masked)"'), tap.metrics())


class Budget(TapCase):
    @unittest.skipIf(SANITIZED, "sanitizers use memory of their own")
    def test_a_flood_of_labels_keys_and_long_lines_costs_the_budget_and_no_more(self):
        secret = self.secret_file()
        tap = self.tap("--budget", "16MiB", "--series", "100000", "--sample-keys", "1", "--key-secret-file", secret, "--slices", "region", file="-")
        tap.send([{"label": "s1", "reference": "s1"}])
        tap.wait_for_events(1)
        before = tap.memory_kib("VmRSS")
        draw = random.Random(2)
        count = 150_000
        now = time.time()
        for start in range(0, count, 10_000):
            tap.send(
                {
                    "label": f"l{draw.randrange(60)}" if i < count / 2 else f"{draw.getrandbits(64):x}" * 10,
                    "reference": f"r{draw.randrange(60)}",
                    "region": f"g{draw.randrange(4)}",
                    "key": f"order-{i}",
                    "time": now - draw.randrange(80_000),
                }
                for i in range(start, start + 10_000)
            )
            tap.process.stdin.write("x" * 100_000 + "\n")
            tap.call("GET", "/v1/tap/blocks")
        tap.wait_for_events(count + 1)
        self.assertEqual(tap.call("GET", "/v1/tap/blocks").status, 200)
        metrics = tap.metrics()
        self.assertLess(tap.memory_kib("VmHWM") - before, 16 * 1024)
        for part in ("counters", "blocks", "keys"):
            self.assertLessEqual(metrics[f'serin_tap_used_bytes{{part="{part}"}}'], metrics[f'serin_tap_budget_bytes{{part="{part}"}}'])
        self.assertGreater(metrics["serin_tap_folded_events_total"], 0)
        self.assertLess(metrics['serin_tap_sample_rate{of="keys"}'], 1)
        self.assertGreater(metrics["serin_tap_block_seconds"], 60)
        self.assertEqual(metrics['serin_tap_lines_total{fate="too_long"}'], count // 10_000)
        counted = sum(value for name, value in metrics.items() if name.startswith("serin_label_events_total"))
        self.assertEqual(counted, count + 1)  # folded, but none is lost


class SlowReader(TapCase):
    def test_a_reader_that_does_not_read_is_cut_off_when_another_asks(self):
        secret = self.secret_file()
        tap = self.tap("--budget", "256MiB", "--sample-keys", "1", "--key-secret-file", secret, file="-")
        count = 300_000
        for start in range(0, count, 50_000):
            tap.send({"label": "s1", "key": f"order-{i}"} for i in range(start, start + 50_000))
        tap.wait_for_events(count)
        whole = len(tap.call("GET", "/v1/tap/blocks").body)
        self.assertGreater(whole, count * 20)
        host, port = tap.address.rsplit(":", 1)
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect((host, int(port)))
            slow.sendall(b"GET /v1/tap/blocks HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertTrue(slow.recv(1))
            refused = tap.call("GET", "/v1/tap/blocks")
            self.assertEqual((refused.status, refused.headers["Retry-After"]), (503, "1"))
            self.assertEqual(tap.call("GET", "/metrics").status, 200)
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end and tap.call("GET", "/v1/tap/blocks").status != 200:
                time.sleep(0.5)
            self.assertEqual(len(tap.call("GET", "/v1/tap/blocks").body), whole)


class Restart(TapCase):
    def test_another_start_has_another_id(self):
        def start_id(tap):
            body = tap.call("GET", "/v1/tap/blocks").body
            self.assertEqual(body[:8], b"serintap")
            return struct.unpack_from("<Q", body, 16)[0]

        tap = self.tap(file="-")
        first = start_id(tap)
        self.assertEqual(start_id(tap), first)
        tap.stop(signal.SIGKILL)
        again = self.tap(file="-")
        self.assertNotEqual(start_id(again), first)


class Swallower:
    """Passes requests on to a service, and swallows its first answers."""

    def __init__(self, address, answers):
        self.accepted = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                connection = http.client.HTTPConnection(address, timeout=PATIENCE)
                connection.request("POST", self.path, body, dict(self.headers))
                response = connection.getresponse()
                answer = response.read()
                connection.close()
                outer.accepted.append(json.loads(answer)["accepted"])
                if len(outer.accepted) <= answers:
                    self.close_connection = True
                    self.connection.close()
                    return
                self.send_response(response.status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *arguments):
                pass

            def finish(self):
                try:
                    super().finish()
                except OSError:
                    pass  # swallowed

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Push(TapCase):
    """Counts are sent to a real `serve`, and each event is counted there once."""

    CONFIG = "streams:\n  - {name: shop, slices: [region]}\n"

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="serin-push-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.port = free_port()
        self.service = None

    def serve(self):
        """On the same port and the same store every time."""
        config = f"listen: 127.0.0.1:{self.port}\n" + self.CONFIG
        self.service = Service(config, folder=self.folder).start()
        self.addCleanup(self.service.abandon)

    def pushing_tap(self, *flags):
        spool = os.path.join(self.folder, "spool")
        url = f"http://127.0.0.1:{self.port}/v1/events"
        return self.tap("--push", url, "--stream", "shop", "--spool", spool, "--push-interval", "100ms", "--slices", "region", *flags, file="-", arm="canary")

    def counted(self):
        answer = self.service.call("GET", "/v1/streams/shop/tables?canary=canary&stable=stable&window=1h")
        self.assertEqual(answer.status, 200, answer.body)
        tables = answer.json()
        names = lambda key, at: "" if at is None else tables[key][at]  # noqa: E731
        return {(names("references", row), names("labels", column)): count for row, column, count in tables["canary"]["cells"]}

    def wait_counted(self, expected):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.counted() != expected:
            time.sleep(0.05)
        self.assertEqual(self.counted(), expected)

    def test_counts_arrive(self):
        self.serve()
        tap = self.pushing_tap()
        for _ in range(5):
            tap.send([{"label": "s1", "reference": "s2", "region": "eu"}] * 100 + [{"label": "s2"}])
            time.sleep(0.1)
        self.wait_counted({("s2", "s1"): 500, ("", "s2"): 5})
        tap.send([{"label": "s2"}] * 3)
        tap.wait_for_events(508)
        self.assertEqual(tap.stop(), 0)  # what was counted last is sent before the end
        self.assertEqual(self.counted(), {("s2", "s1"): 500, ("", "s2"): 8})
        self.assertEqual(os.listdir(os.path.join(self.folder, "spool")), [])

    def test_batches_survive_a_service_that_is_away_and_a_tap_that_is_killed(self):
        tap = self.pushing_tap()
        for turn in range(3):
            tap.send([{"label": "s1"}] * 100)
            tap.wait_for_events(100 * (turn + 1))
            tap.wait_for("serin_tap_spool_batches", turn + 1)
        tap.stop(signal.SIGKILL)
        self.serve()
        tap = self.pushing_tap()
        self.wait_counted({("", "s1"): 300})
        tap.wait_for("serin_tap_spool_batches", 0)

    def test_batches_whose_acknowledgement_was_lost_are_counted_once(self):
        self.serve()
        swallower = Swallower(self.service.api, answers=3)
        self.addCleanup(swallower.close)
        self.port = swallower.port
        tap = self.pushing_tap()
        tap.send([{"label": "s1"}] * 50)
        tap.wait_for('serin_tap_push_batches_total{outcome="failed"}', 3)
        tap.send([{"label": "s1"}] * 50)
        tap.wait_for('serin_tap_push_batches_total{outcome="sent"}', 2)
        self.assertEqual(self.counted(), {("", "s1"): 100})
        self.assertEqual(len(swallower.accepted), 5)

    def test_a_service_that_is_killed_again_and_again_counts_everything_once(self):
        self.serve()
        tap = self.pushing_tap()
        total = 0
        for turn in range(6):
            tap.send([{"label": "s1"}] * 50)
            total += 50
            tap.wait_for_events(total)
            time.sleep(0.05 * turn)
            self.service.stop(signal.SIGKILL)
            self.serve()
        self.wait_counted({("", "s1"): total})
        tap.wait_for("serin_tap_spool_batches", 0)

    def test_a_full_spool_drops_the_oldest_and_tells(self):
        tap = self.pushing_tap("--spool-size", "1MiB")
        total = 0
        while tap.metrics()["serin_tap_push_dropped_events_total"] == 0:
            tap.send({"label": f"{'x' * 150}-{total % 3000 + i}"} for i in range(1000))
            total += 1000
            tap.wait_for_events(total)
            self.assertLess(total, 200_000)
        metrics = tap.metrics()
        self.assertLessEqual(metrics["serin_tap_spool_bytes"], 1 << 20)
        self.assertGreater(metrics["serin_tap_spool_batches"], 0)

    def test_what_the_service_refuses_for_good_is_dropped_and_logged(self):
        self.CONFIG = "streams:\n  - {name: shop, source: other, metric: m, label: l, pod: p, arm: {label: a}}\nsources:\n  - {name: other, type: prometheus, url: 'http://127.0.0.1:1'}\n"
        self.serve()
        tap = self.pushing_tap()
        tap.send([{"label": "s1"}])
        tap.wait_for('serin_tap_push_batches_total{outcome="rejected"}', 1)
        tap.wait_for("serin_tap_spool_batches", 0)
        self.assertTrue([entry for entry in tap.log if "refused" in entry.get("msg", "")])


if __name__ == "__main__":
    unittest.main()
