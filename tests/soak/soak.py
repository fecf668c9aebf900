"""The soak test; see scripts/soak.sh. Prints a Markdown table, exits with 1 if a bar is missed.

    soak.py BUILD_FOLDER PPROF MINUTES DIR
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

import good_clients
from latency import Comparison, Probe
from resources import Course, Sampler, read

HERE = pathlib.Path(__file__).resolve().parent
CLIENTS = 4
SLICE_SECONDS = 0.5
PROBED_PER_SECOND = 1000  # in turns with the plain demo
STEADY_PER_SECOND = 100  # on both demos all the time
SCRAPE_SECONDS = 10  # like in production: one heap profile
MAX_SCRAPED_SECONDS = 180  # 180 pairs of slices
# The warm-up: memory of a process follows its peak concurrency, so that comes first and not by
# chance after twenty minutes.
TOGETHER_CLIENTS = 16
TOGETHER_SECONDS = 60
TOGETHER_PAUSE_SECONDS = 1.6  # the server allows 10 dumps per second
MAX_LATENCY_RATIO = 1.05
MAX_GROWTH_BYTES = 2 << 20
MAX_GROWTH_SHARE = 0.03


class Demo:
    """A running demo_app or demo_app_plain, without its leak."""

    def __init__(self, binary, *options):
        command = [binary, "--listen", "127.0.0.1:0", "--fix", "clear", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        self.port = self.port_of("orders at")
        self.debug_port = self.port_of("profiles at") if options else 0

    def port_of(self, beginning):
        line = self.process.stdout.readline()
        found = re.match(beginning + r" http://127\.0\.0\.1:(\d+)/", line)
        if not found:
            sys.exit(f"soak.py: {self.process.args[0]} said {line!r}")
        return int(found.group(1))

    def stop(self):
        """Returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "killed: it did not stop within 10 s"


class Report:
    """Rows of a Markdown table; records whether a bar was missed."""

    def __init__(self):
        self.missed = 0
        print("| measurement | result | bar |\n|---|---|---|", flush=True)

    def row(self, what, seen, bar="", good=True):
        self.missed += not good
        print(f"| {what} | {seen}{'' if good else ' **missed**'} | {bar} |", flush=True)


def report_latency(report, name, comparison):
    report.row(f"{name}: requests, errors", f"{comparison.requests}, {comparison.errors}",
               "0 errors", comparison.errors == 0)
    for column, quantile in (("p50_us", "p50"), ("p99_us", "p99")):
        low, middle, high = comparison.ratio_quartiles(column)
        least, most = comparison.median_within(column)
        ours, plain = (comparison.microseconds(server, column) for server in (0, 1))
        report.row(f"{name}: {quantile}, with : without the module, {len(comparison.pairs)} pairs",
                   f"{middle:.3f}, 95 % confidence {least:.3f} to {most:.3f} (quartiles {low:.2f} "
                   f"to {high:.2f}; {ours:.0f} : {plain:.0f} us)",
                   f"{MAX_LATENCY_RATIO}", middle <= MAX_LATENCY_RATIO)


def scrape(demo, stop):
    while not stop.wait(SCRAPE_SECONDS):
        status, _ = good_clients.get(demo.debug_port, "/debug/pprof/heap")
        if status != 200:
            print(f"soak.py: a scrape of heap was answered with {status}", file=sys.stderr)


def run_scraped(build, out, seconds, demo, plain):
    """The demo's latency while the debug port is used like in production."""
    stop = threading.Event()
    scraper = threading.Thread(target=scrape, args=(demo, stop))
    scraper.start()
    rows = Probe(build / "tests/soak/latency_probe", out / "latency_scraped.csv", seconds,
                 SLICE_SECONDS, PROBED_PER_SECOND, demo.port, plain.port).rows()
    stop.set()
    scraper.join()
    return Comparison(rows)


def run_storm(build, pprof, out, seconds, demo, plain):
    """Good and hostile clients at the debug port, and load on both demos."""
    def client(name, *arguments):
        words = [sys.executable, "-B", HERE / f"{name}.py", demo.debug_port, *arguments,
                 out / f"{name}.json"]
        return subprocess.Popen([str(word) for word in words])

    binary = build / "tests/soak/latency_probe"
    with Sampler(demo.pid, out / "resources.csv") as sampler:
        steady = [Probe(binary, out / f"steady_{i}.csv", seconds, 5, STEADY_PER_SECOND, port)
                  for i, port in enumerate((demo.port, plain.port))]
        probe = Probe(binary, out / "latency_storm.csv", seconds, SLICE_SECONDS, PROBED_PER_SECOND,
                      demo.port, plain.port)
        clients = [client("good_clients", seconds, CLIENTS, pprof),
                   client("hostile_clients", demo.pid, seconds)]
        good_clients.ask_together(demo.debug_port, TOGETHER_CLIENTS,
                                  min(TOGETHER_SECONDS, seconds / 5), TOGETHER_PAUSE_SECONDS)
        comparison = Comparison(probe.rows())
        comparison.errors += sum(int(row["errors"]) for p in steady for row in p.rows())
        failed = [process.args for process in clients if process.wait() != 0]
    if failed:
        sys.exit(f"soak.py: failed: {failed}")
    return comparison, sampler.rows


def report_clients(report, out):
    good = json.loads((out / "good_clients.json").read_text())
    answered, refused = good["answered"], good["refused"]
    never = [path for path, count in answered.items() if count == 0]
    report.row(f"good clients ({CLIENTS}), {len(answered)} paths: answers", sum(answered.values()),
               "each path at least once", not never)
    report.row("good clients: errors", len(good["errors"]), "0", not good["errors"])
    report.row("good clients: 503 responses", sum(refused.values()),
               "documented: " + "; ".join(sorted(refused)))
    report.row("good clients: longest wait", f"{good['longest_seconds']:.1f} s")
    report.row("good clients: profiles read by pprof", good["pprof_read"], "all readable")
    hostile = json.loads((out / "hostile_clients.json").read_text())
    failures = hostile["failures"]
    report.row(f"hostile cases run, {len(hostile['runs'])} kinds", sum(hostile["runs"].values()))
    report.row("hostile cases with an unexpected answer", len(failures), "0", not failures)
    for line in [*never, *good["errors"][:10], *failures[:10]]:
        print(f"soak.py: {line}", file=sys.stderr)


def report_resources(report, rows, idle, afterwards):
    memory = Course(rows, "resident_bytes")
    most = max(MAX_GROWTH_BYTES, MAX_GROWTH_SHARE * memory.before)
    report.row("resident memory, medians of the 2nd and the last quarter",
               f"{memory.before / 2**20:.1f}, {memory.after / 2**20:.1f} MiB; maximum "
               f"{memory.highest / 2**20:.1f}", f"+{most / 2**20:.1f} MiB",
               memory.after - memory.before <= most)
    report.row("resident memory, linear trend from the 2nd quarter on",
               f"{memory.trend / 2**20:+.2f} MiB", f"+{most / 2**20:.1f} MiB", memory.trend <= most)
    for column, name in (("threads", "threads"), ("open_files", "open files")):
        course = Course(rows, column)
        report.row(f"{name}, medians of the same quarters; idle before and after",
                   f"{course.before:.0f}, {course.after:.0f}; {idle[column]}, {afterwards[column]}",
                   "idle: unchanged", idle[column] == afterwards[column])


def settled(demo, idle, seconds=15):
    """The demo's resources after all clients have left; waits for deadlines of 10 s."""
    end = time.monotonic() + seconds
    held = ("open_files", "threads")
    while any((now := read(demo.pid))[what] != idle[what] for what in held):
        if time.monotonic() > end:
            break
        time.sleep(0.1)
    return now


def main():
    build, pprof, minutes, out = sys.argv[1:]
    build, out = pathlib.Path(build), pathlib.Path(out)
    seconds = float(minutes) * 60
    demo = Demo(build / "demo_app/demo_app", "--debug", "--debug-listen", "127.0.0.1:0")
    plain = Demo(build / "tests/soak/demo_app_plain")
    try:
        good_clients.get(demo.port, "/orders/17")  # starts threads and profiles of the first use
        good_clients.get(demo.debug_port, "/debug/pprof/profile?seconds=1")
        idle = settled(demo, read(demo.pid), 0)
        scraped = run_scraped(build, out, min(seconds / 3, MAX_SCRAPED_SECONDS), demo, plain)
        storm, rows = run_storm(build, pprof, out, seconds, demo, plain)
        afterwards = settled(demo, idle)
        code = demo.stop()
    finally:
        for process in (demo.process, plain.process):
            if process.poll() is None:
                process.kill()
    print(f"## {minutes} minutes of load, good and hostile clients; load of the machine "
          f"{os.getloadavg()[1]:.1f} on {os.cpu_count()} CPUs\n")
    report = Report()
    report_clients(report, out)
    report_resources(report, rows, idle, afterwards)
    report_latency(report, "heap fetched every 10 s", scraped)
    report_latency(report, "full storm", storm)
    report.row("exit code after SIGTERM", code, "0", code == 0)
    sys.exit(1 if report.missed else 0)


if __name__ == "__main__":
    main()
