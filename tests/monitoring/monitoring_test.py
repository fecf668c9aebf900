#!/usr/bin/env python3
"""What monitoring sees of demo_app: the history, the metrics, and the rules made for them.

usage: monitoring_test.py [History | Metrics | Rules]     with DEMO_APP and PROMTOOL, which may be empty
"""

import csv
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "demo"))
from demo_process import SANITIZED, DemoApp, poll_until  # noqa: E402  (its folder is beside this one)

PROMTOOL = os.environ.get("PROMTOOL")
OPERATIONS = ROOT / "docs" / "operations"
COLUMNS = ["time", "resident_bytes", "in_use_bytes", "free_bytes", "cpu_seconds", "threads", "open_files"]
OPEN_METRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"


def curl(app, path, *options):
    """Headers and body of an answer with status 200. More than 10 look-ups a second are refused: it waits then."""
    done = subprocess.run(["curl", "-sS", "--retry", "9", "--fail", "-D", "/dev/stderr", *options,
                           f"http://127.0.0.1:{app.debug_port}/debug/pprof/{path}"],
                          capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{path}: {done.stderr}{done.stdout}")
    return done.stderr, done.stdout


def history(app):
    document = json.loads(curl(app, "history")[1])
    return document, [dict(zip(document["columns"], row)) for row in document["resolutions"][0]["rows"]]


class History(unittest.TestCase):
    def test_it_is_that_of_the_process(self):
        begin = time.time()
        with DemoApp("--debug") as app:
            self.assertTrue(poll_until(lambda: len(history(app)[1]) >= 2), "no second reading")
            document, rows = history(app)
            self.assertEqual(document["columns"], COLUMNS)
            self.assertEqual(document["pid"], app.process.pid)
            self.assertEqual(document["program"], "demo_app")
            self.assertAlmostEqual(document["started"], begin, delta=60)
            self.assertAlmostEqual(document["now"], time.time(), delta=60)
            self.assertGreater(document["limit"]["bytes"], 1 << 20)
            self.assertIn(document["limit"]["source"], [
                "cgroup v1 memory.limit_in_bytes", "cgroup v2 memory.max", "MemTotal of /proc/meminfo"])
            self.assertEqual([one["seconds"] for one in document["resolutions"]], [1, 10, 300])
            times = [row["time"] for row in rows]
            self.assertEqual(times, sorted(times))
            # Polled: a reading may come upon a short thread of another request.
            for column, folder in (("threads", "task"), ("open_files", "fd")):
                entries = len(os.listdir(f"/proc/{app.process.pid}/{folder}"))
                self.assertTrue(poll_until(lambda: history(app)[1][-1][column] == entries), column)
            self.assertGreaterEqual(rows[-1]["cpu_seconds"], rows[0]["cpu_seconds"])
            if not SANITIZED:
                stats = app.stats()
                self.assertAlmostEqual(rows[-1]["resident_bytes"], stats["resident_bytes"], delta=16 << 20)
                self.assertAlmostEqual(rows[-1]["in_use_bytes"], stats["heap_in_use_bytes"], delta=8 << 20)
            self.assertEqual(document["marks"][0]["kind"], "start")

    def test_csv_has_the_same_rows(self):
        with DemoApp("--debug") as app:
            self.assertTrue(poll_until(lambda: history(app)[1]))
            head, text = curl(app, "history?format=csv")
            self.assertIn("content-type: text/csv", head.lower())
            rows = list(csv.DictReader(io.StringIO(text)))
            self.assertEqual(list(rows[0]), COLUMNS)
            self.assertEqual(int(rows[0]["resident_bytes"]), history(app)[1][0]["resident_bytes"])

    def test_a_purge_of_the_demo_is_marked(self):
        options = ["--debug", "--fix", "purge", "--purge-max-age", "0ms", "--purge-interval", "20ms"]
        with DemoApp(*options) as app:
            app.load(10)
            self.assertTrue(poll_until(lambda: "purge" in [
                mark["text"] for mark in history(app)[0]["marks"] if mark["kind"] == "mark"]))


def samples(text):
    """{'name{labels}': number} of a text format."""
    return {name: float(number) for name, number in
            (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))}


def names(expression):
    return set(re.findall(r"\b(?:process|tcmalloc|pprof_cpp)_\w+", expression))


class Metrics(unittest.TestCase):
    def test_promtool_finds_nothing_wrong(self):
        if not PROMTOOL:
            self.skipTest("there is no promtool")
        with DemoApp("--debug") as app:
            curl(app, "cmdline")
            text = curl(app, "metrics")[1]
        done = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), text)

    def test_numbers_are_those_of_the_process(self):
        with DemoApp("--debug") as app:
            begin = time.time()
            for _ in range(3):
                curl(app, "cmdline")
            self.assertRaises(AssertionError, curl, app, "nothing")
            self.assertRaises(AssertionError, curl, app, "goroutine?seconds=0")
            pid = app.process.pid
            threads = len(os.listdir(f"/proc/{pid}/task"))
            self.assertTrue(poll_until(
                lambda: samples(curl(app, "metrics")[1])["process_threads"] == threads))
            head, text = curl(app, "metrics")
            self.assertIn("content-type: text/plain; version=0.0.4; charset=utf-8", head.lower())
            found = samples(text)
            # Under ThreadSanitizer the server's connections are the program's, and come and go.
            if os.environ.get("PPROF_CPP_SANITIZE") != "thread":
                self.assertEqual(found["process_open_fds"], len(os.listdir(f"/proc/{pid}/fd")))
            self.assertAlmostEqual(found["process_start_time_seconds"], begin, delta=60)
            self.assertEqual(found['pprof_cpp_requests_total{profile="cmdline",code="200"}'], 3)
            self.assertEqual(found['pprof_cpp_requests_total{profile="other",code="404"}'], 1)
            self.assertEqual(found['pprof_cpp_requests_total{profile="goroutine",code="400"}'], 1)
            self.assertGreater(found['pprof_cpp_response_bytes_total{profile="cmdline"}'], 300)
            self.assertEqual(found['pprof_cpp_refused_requests_total{cause="host"}'], 0)
            self.assertEqual("tcmalloc_heap_size_bytes" in found, not SANITIZED)
            self.assertEqual(samples(curl(app, "metrics")[1])["process_start_time_seconds"],
                             found["process_start_time_seconds"])

    def test_open_metrics_on_request(self):
        with DemoApp("--debug") as app:
            head, text = curl(app, "metrics", "-H", f"Accept: {OPEN_METRICS}")
        self.assertIn("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8", head.lower())
        self.assertTrue(text.endswith("\n# EOF\n"))
        self.assertIn("# TYPE process_cpu_seconds counter\nprocess_cpu_seconds_total ", text)
        families = re.findall(r"^# TYPE (\S+) ", text, re.M)
        self.assertEqual(len(families), len(set(families)))


class Rules(unittest.TestCase):
    def promtool(self, *arguments, folder=OPERATIONS):
        if not PROMTOOL:
            self.skipTest("there is no promtool")
        done = subprocess.run([PROMTOOL, *arguments], cwd=folder, capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_alerts_fire_when_they_should(self):
        self.promtool("check", "rules", "alerts.yml")
        self.promtool("test", "rules", "alerts_test.yml")

    def dashboard(self):
        """The queries of the dashboard, with the variables of Grafana filled in."""
        document = json.loads((OPERATIONS / "grafana.json").read_text(encoding="utf-8"))
        queries = [target["expr"] for panel in document["panels"] for target in panel["targets"]]
        queries += [one["expr"] for one in document["annotations"]["list"]]
        return [query.replace("$__rate_interval", "1m").replace("$job", ".*").replace("$instance", ".*")
                for query in queries]

    def test_the_queries_of_the_dashboard_are_well_formed(self):
        rules = [{"record": f"panel:{i}", "expr": query} for i, query in enumerate(self.dashboard())]
        with tempfile.TemporaryDirectory() as folder:
            # JSON is YAML.
            text = json.dumps({"groups": [{"name": "dashboard", "rules": rules}]})
            pathlib.Path(folder, "dashboard.yml").write_text(text, encoding="utf-8")
            self.promtool("check", "rules", "dashboard.yml", folder=folder)

    def test_all_their_metrics_exist(self):
        alerts = (OPERATIONS / "alerts.yml").read_text(encoding="utf-8")
        with DemoApp("--debug") as app:
            text = curl(app, "metrics")[1]
        there = set(re.findall(r"^# TYPE (\S+) ", text, re.M))
        wanted = set().union(*map(names, [*self.dashboard(), alerts]))
        if SANITIZED:
            wanted = {name for name in wanted if not name.startswith("tcmalloc_")}
        self.assertGreater(len(wanted), 10)
        self.assertEqual(wanted - there, set())


if __name__ == "__main__":
    unittest.main()
