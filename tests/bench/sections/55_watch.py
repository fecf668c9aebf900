#!/usr/bin/env python3
"""Prints the section "Captures before the kernel kills" of docs/performance.md. Exit 1 on a missed bar.

usage: 55_watch.py BUILD_FOLDER [RUNS]      50 runs for each leak take 25 minutes

Processes really die in a memory cgroup; where none can be made the section says so.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
os.environ["LEAKER"] = str(pathlib.Path(sys.argv[1]).resolve() / "tests/safety/watch/leaker")
os.environ["PPROF"] = subprocess.check_output([ROOT / "scripts/pprof_tool.sh", "--print"], text=True).strip()
sys.path.insert(0, str(ROOT / "tests/safety/watch"))

import oom_runs  # noqa: E402
from memory_limit import memory_group  # noqa: E402

MIB = 1 << 20
LIMIT = 512 * MIB
IDLE_SECONDS = 60
BAR_IDLE = 0.05  # percent of a CPU
BAR_ADDED_MIB = 5
BAR_NAMED = {5: 1.0, 50: 1.0, 500: 0.96}  # MiB/s: share of the runs


def cpu_nanos_of_ours(pid):
    """CPU time of the watch, and of all other threads of the profiler, among them the history's."""
    watch, others = 0, 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        name = (task / "comm").read_text().strip()
        nanos = int((task / "schedstat").read_text().split()[0])
        if name == "pprof-watch":
            watch += nanos
        elif name.startswith("pprof-"):
            others += nanos
    return watch, others


def idle_percent(group):
    """Of a CPU, for the watch and for all other threads of the profiler, in a process that does nothing."""
    with tempfile.TemporaryDirectory() as top:
        process = oom_runs.start(group, f"{top}/captures", 1000, 100)
        while process.stdout.readline() != "full\n":
            pass
        time.sleep(10)  # names are looked up meanwhile
        begin, before = time.monotonic(), cpu_nanos_of_ours(process.pid)
        time.sleep(IDLE_SECONDS)
        used = [now - then for now, then in zip(cpu_nanos_of_ours(process.pid), before)]
        passed = time.monotonic() - begin
        process.communicate("quit\n")
    return [nanos / passed / 1e7 for nanos in used]


def print_rate(group, rate, runs):
    """A row of the table; whether its bar holds."""
    results = [oom_runs.one_run(group, rate, LIMIT) for _ in range(runs)]
    named = sum(named for named, *_ in results)
    delays = [delay for _, delay, *_ in results if delay is not None] or [float("nan")]
    bar = BAR_NAMED[rate]
    print(f"| {rate} MiB/s | {named} of {runs} | {bar * runs:.0f} | {statistics.median(delays):.0f} ms "
          f"| {max(delays):.0f} ms |", flush=True)
    return named >= bar * runs


def main():
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    print("## Captures before the kernel kills\n")
    with memory_group(LIMIT) as group:
        if group is None:
            print("Not measured: no memory cgroup can be made here.")
            return 0
        idle = idle_percent(group)
        added = oom_runs.added_by_a_capture(group)
        print(f"A process of 100 MiB that does nothing: its watch uses {idle[0]:.3f} % of a CPU, and all other "
              f"threads of the profiler, with the history, {idle[1]:.3f} % (bar {BAR_IDLE} each). A capture adds at most "
              f"{max(added) / MIB:.1f} MiB to the memory of its group, as seen from outside, median "
              f"{statistics.median(added) / MIB:.1f} of {len(added)} (bar {BAR_ADDED_MIB}).\n")
        print(f"A process leaks until the kernel kills it at {LIMIT // MIB} MiB: the runs after which a "
              "capture names the leak, and the time from 90 % of the limit, as seen from outside, until the "
              "first capture's bytes are safe.\n")
        print("| leak | named | bar | median | worst |\n|---|---|---|---|---|")
        held = [print_rate(group, rate, runs) for rate in BAR_NAMED]
    return 0 if all(held) and max(idle) <= BAR_IDLE and max(added) <= BAR_ADDED_MIB * MIB else 1


if __name__ == "__main__":
    sys.exit(main())
