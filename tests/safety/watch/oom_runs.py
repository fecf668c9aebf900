#!/usr/bin/env python3
"""Lets a leaking process die at a limit again and again, and reports what its captures are worth.

usage: LEAKER=... PPROF=... oom_runs.py [RUNS [LIMIT_MIB [RATE...]]]     default 50 512 5 50 500

For each rate in MiB/s: the runs with a capture that names the leak; the time from the moment when 90 % of
the limit were in use, seen from outside, to the capture's final name; what a capture adds to the usage of
the group, seen from outside. Needs the right to make a memory cgroup, of version 1 or 2.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, os.path.dirname(__file__))
from memory_limit import memory_group

LEAKER, PPROF = os.environ["LEAKER"], os.environ["PPROF"]
MIB = 1 << 20


class Crossing(threading.Thread):
    """When the group's usage was first above a share of its limit."""

    def __init__(self, group, least):
        super().__init__(daemon=True)
        self.group, self.least, self.at, self.stopped = group, least, None, False

    def run(self):
        while not self.stopped:
            if self.group.used() > self.least:
                self.at = time.time()
                return
            time.sleep(0.001)


def start(group, folder, *arguments, settings=""):
    environment = dict(os.environ, PPROF_CPP_WATCH=f"{folder} {settings}".strip())
    return subprocess.Popen([LEAKER, *map(str, arguments)], env=environment, preexec_fn=group.enter,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def names_leak(folder):
    done = subprocess.run([PPROF, "-top", "-cum", f"{folder}/heap.pb.gz"], capture_output=True,
                          text=True)
    return done.returncode == 0 and re.search(r"[5-9]\d\.\d+%.*LeakOneBlock", done.stdout) is not None


def one_run(group, rate, limit):
    """(named by a capture, milliseconds to safe bytes or None, reasons)"""
    with tempfile.TemporaryDirectory() as top:
        folder = f"{top}/captures"
        crossing = Crossing(group, limit * 0.9)
        crossing.start()
        begin = max(0, limit // MIB - 60) if rate < 20 else 0  # a slow leak begins near the end
        process = start(group, folder, rate, limit // MIB * 2, begin)
        process.wait()
        crossing.stopped = True
        captures = [name for name in sorted(os.listdir(folder)) if not name.startswith(".")]
        named = any(names_leak(f"{folder}/{name}") for name in captures)
        delay = None
        if captures and crossing.at:
            # A rename changes the status of the folder; that of the record tells when it was written.
            first = f"{folder}/{captures[0]}"
            with open(f"{first}/capture.json") as about:
                taken = json.load(about)["unix_nanos"] / 1e9
            safe = max(os.stat(f"{first}/{file}").st_mtime for file in ("capture.json", "heap.pb.gz"))
            delay = (max(safe, taken) - crossing.at) * 1000
        return named, delay, [name.split(".")[2] for name in captures], process.returncode


def take_capture(port):
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/debug/pprof/captures", data=b"",
                                   headers={"Content-Type": "application/json"})
    urllib.request.urlopen(asked, timeout=60).close()


def added_by_a_capture(group):
    """The most that the group used during a capture, minus the usage before."""
    with tempfile.TemporaryDirectory() as top:
        process = start(group, f"{top}/captures", 1000, 420)
        port = process.stdout.readline().split()[1]
        process.stdout.readline()
        time.sleep(3)  # the names are looked up meanwhile
        added = []
        for _ in range(10):
            before = group.usage()
            added.append(group.most_used_during(lambda: take_capture(port)) - before)
        process.communicate("quit\n")
    return added


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    limit = (int(sys.argv[2]) if len(sys.argv) > 2 else 512) * MIB
    rates = [int(rate) for rate in sys.argv[3:]] or [5, 50, 500]
    with memory_group(limit) as group:
        if group is None:
            print("no memory cgroup can be made here")
            return 77
        added = added_by_a_capture(group)
        print("added by a capture, KiB:", [bytes // 1024 for bytes in added], flush=True)
        for rate in rates:
            results = [one_run(group, rate, limit) for _ in range(runs)]
            delays = sorted(delay for _, delay, *_ in results if delay is not None)
            print(f"{rate} MiB/s: named {sum(named for named, *_ in results)} of {runs}; "
                  f"to safe bytes: median {statistics.median(delays):.0f} ms, "
                  f"worst {delays[-1]:.0f} ms; ends {sorted({end for *_, end in results})}; captures "
                  f"{sorted({' '.join(reasons) for _, _, reasons, _ in results})}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
