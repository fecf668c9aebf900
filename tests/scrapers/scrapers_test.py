#!/usr/bin/env python3
"""Imitations of Alloy and Parca, and a person with curl, ask one process under load at the same time.

usage: scrapers_test.py PROGRAM [SECONDS]      30, or 600 for the long run

What the real systems require of each answer is checked on each; sums are compared with the truth that
the program counts itself.
"""

import collections
import gzip
import os
import subprocess
import sys
import threading
import time
import urllib.request

sys.path.insert(0, os.path.dirname(__file__) + "/../safety/watch")
from profile_check import fields, numbers

LONGEST_WINDOW = 40  # seconds; less than the patience of `ask`
MOST_SAMPLES, MOST_RAW_BYTES = 16000, 4 << 20  # Pyroscope's limits
DELTAS = {"allocs": ("alloc_objects/count", "alloc_space/bytes"),
          "block": ("contentions/count", "delay/nanoseconds"),
          "mutex": ("contentions/count", "delay/nanoseconds")}


class Profile:
    """A decoded profile."""

    def __init__(self, body):
        raw = gzip.decompress(body)
        self.raw_bytes = len(raw)
        message = collections.defaultdict(list)
        for number, value in fields(raw):
            message[number].append(value)
        self.strings = [text.decode() for text in message[6]]
        self.types = ["/".join(self.strings[dict(fields(value)).get(key, 0)] for key in (1, 2))
                      for value in message[1]]
        self.time_nanos = message[9][0] if message[9] else 0
        functions = {f[1]: self.strings[f.get(2, 0)] for f in map(dict, map(fields, message[5]))}
        mappings = {m[1]: m for m in map(dict, map(fields, message[3]))}
        self.encodings = {}  # (build id, address) -> (names, has_functions)
        self.names = {}  # of a location's functions
        ids = []
        for value in message[4]:
            location = collections.defaultdict(list)
            for key, part in fields(value):
                location[key].append(part)
            ids.append(location[1][0])
            lines = tuple(functions[dict(fields(line))[1]] for line in location[4])
            self.names[ids[-1]] = lines
            if not location[2]:
                continue
            mapping = mappings[location[2][0]]
            address = location[3][0] - mapping.get(2, 0) + mapping.get(4, 0)
            key = self.strings[mapping.get(6, 0)], self.strings[mapping.get(5, 0)], address
            self.encodings[key] = lines, mapping.get(7, 0)
        assert ids == list(range(1, len(ids) + 1)), "locations are not numbered 1 to n"
        assert self.strings[0] == ""
        self.samples = []  # (locations, labels, values)
        for value in message[2]:
            parts = collections.defaultdict(list)
            for key, part in fields(value):
                parts[key].append(part)
            labels = []
            for label in parts[3]:
                label = dict(fields(label))
                assert label.get(1, 0) != 0, "a label without a key"
                labels.append((self.strings[label[1]], self.strings[label.get(2, 0)],
                               label.get(3, 0)))
            stack = tuple(numbers(parts[1][0])) if parts[1] else ()
            assert 0 not in stack, "location 0"
            self.samples.append((stack, tuple(sorted(labels)), list(numbers(parts[2][0]))))

    def total(self, kind, function=""):
        """The sum of a value, of all samples or of those whose stack names the function."""
        at = self.types.index(kind)
        return sum(values[at] for stack, _, values in self.samples
                   if not function or
                   any(function in name for location in stack for name in self.names[location]))


class Server:
    """The program, and all that was found wrong."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.base = f"http://127.0.0.1:{self.process.stdout.readline().strip()}"
        self.lock = threading.Lock()
        self.faults, self.asked = [], collections.Counter()
        self.encodings, self.totals = {}, {}

    def truth(self):
        """(CPU seconds, allocated bytes)"""
        with self.lock:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
            return [float(number) for number in self.process.stdout.readline().split()]

    def fault(self, text):
        with self.lock:
            self.faults.append(text)

    def ask(self, who, path):
        try:
            with urllib.request.urlopen(f"{self.base}/debug/{path}", timeout=60) as answer:
                kind, body = answer.headers["Content-Type"], answer.read()
        except OSError as error:
            return self.fault(f"{who} {path}: {error}")
        with self.lock:
            self.asked[f"{who} {path}"] += 1
        if not kind.startswith("application/octet-stream") or len(body) < 3:
            return self.fault(f"{who} {path}: {kind}, {len(body)} bytes")
        try:
            profile = Profile(body)
        except (AssertionError, ValueError, KeyError, IndexError) as error:
            return self.fault(f"{who} {path}: {error!r}")
        self.check(who, path, profile)
        return profile

    def check(self, who, path, profile):
        name = path.split("/")[-1].split("?")[0]
        if not profile.time_nanos:
            self.fault(f"{path}: no time")
        if len(profile.samples) > MOST_SAMPLES or profile.raw_bytes > MOST_RAW_BYTES:
            self.fault(f"{path}: {len(profile.samples)} samples, {profile.raw_bytes} bytes")
        keys = [(stack, labels) for stack, labels, _ in profile.samples]
        if len(set(keys)) != len(keys):
            self.fault(f"{path}: samples that addresses and labels do not tell apart")
        if name == "goroutine" and len({stack for stack, _ in keys}) != len(keys):
            self.fault("goroutine: several series of one stack")
        for kind in DELTAS.get(name, ()):
            if kind not in profile.types or len(profile.types) > 4:
                self.fault(f"{path}: values {profile.types}")
        with self.lock:
            for address, encoding in profile.encodings.items():
                known = self.encodings.setdefault(address, encoding)
                if known != encoding:
                    self.faults.append(f"{path}: {address} was {known} and is {encoding}")
            if "seconds=" in path:
                return
            for kind in DELTAS.get(name, ()):  # asked by several: each compares with its own
                before, now = self.totals.get((who, name, kind), 0), profile.total(kind)
                if now < before:
                    self.faults.append(f"{path}: {kind} fell from {before} to {now}")
                self.totals[who, name, kind] = now


def scraper(server, who, end, pause, paths):
    """Asks for all paths at once, every `pause` seconds."""
    while (begin := time.monotonic()) < end:
        threads = [threading.Thread(target=server.ask, args=(who, path)) for path in paths]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(max(0, min(begin + pause, end) - time.monotonic()))


def person(server, end):
    while time.monotonic() < end:
        for path in ("pprof/heap", "pprof/goroutine", "pprof/profile?seconds=1", "pprof/mutex?seconds=1"):
            server.ask("curl", path)
        time.sleep(1)


def compare(server, what, seen, least, most, tolerance):
    print(f"{what}: {seen:.4g}, in truth {least:.4g} to {most:.4g}", flush=True)
    if not least * (1 - tolerance) <= seen <= most * (1 + tolerance):
        server.fault(f"{what}: {seen:.4g} instead of {least:.4g} to {most:.4g}")


def sums(server, seconds):
    """CPU and the program's own allocations over a window, as a scraper adds them up. An answer
    beside nine others takes a while, in which the program allocates on: the truth lies between two
    readings. The server's allocations, a megabyte an answer, are in the profile and not counted."""
    def bracketed(path):
        before = server.truth()
        profile = server.ask("sums", path)
        return before, profile, server.truth()

    before_first, first, after_first = bracketed("pprof/allocs")
    before_cpu, cpu, after_cpu = bracketed(f"pprof/profile?seconds={seconds}")
    before_last, last, after_last = bracketed("pprof/allocs")
    if None in (first, cpu, last):
        return
    used = after_cpu[0] - before_cpu[0]
    compare(server, "CPU seconds", cpu.total("cpu/nanoseconds") / 1e9, used, used, 0.02)
    compare(server, "allocated bytes",
            last.total("alloc_space/bytes", "AllocateAndFree") -
            first.total("alloc_space/bytes", "AllocateAndFree"),
            before_last[1] - after_first[1], after_last[1] - before_first[1], 0.01)


def main():
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    server = Server(sys.argv[1])
    end = time.monotonic() + seconds
    short = seconds < 100
    alloy, parca = (5, 4) if short else (15, 10)
    common = ["pprof/allocs", "pprof/block", "pprof/goroutine", "pprof/mutex"]
    threads = [
        threading.Thread(target=scraper, args=(server, "alloy", end, alloy, common + [
            f"pprof/profile?seconds={alloy - 1}", f"fgprof?seconds={alloy - 1}", "pprof/peak"])),
        threading.Thread(target=scraper, args=(server, "parca", end, parca, common + [
            f"pprof/profile?seconds={parca}", f"fgprof?seconds={parca}"])),
        threading.Thread(target=scraper, args=(server, "datadog", end, parca, [
            f"pprof/{name}?seconds={parca - 1}" for name in
            ("heap", "allocs", "mutex", "block", "goroutine")])),
        threading.Thread(target=person, args=(server, end))]
    for thread in threads:
        thread.start()
    windows = (seconds - 4) // LONGEST_WINDOW + 1
    for _ in range(windows):
        sums(server, (seconds - 4) // windows)
    for thread in threads:
        thread.join()
    server.process.stdin.close()
    server.process.wait()
    print(f"{sum(server.asked.values())} answers, {len(server.encodings)} addresses, "
          f"{len(server.faults)} faults")
    for fault in server.faults[:20]:
        print(fault)
    return 1 if server.faults else 0


if __name__ == "__main__":
    sys.exit(main())
