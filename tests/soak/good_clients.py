"""Well-behaved clients that request everything the index lists, in a loop.

    good_clients.py PORT SECONDS CLIENTS PPROF RESULT.json

Every answer must be 200 and readable, or a documented 503. pprof reads one occasionally.
"""

import collections
import gzip
import http.client
import itertools
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

BASE = "/debug/pprof/"
RECORDINGS = {"profile", "wall"}  # without `seconds` they take 30 s
DELTAS = {"heap", "allocs", "block", "mutex"}
NO_PROFILES = {"cmdline", "symbol"}
PPROF_EVERY = 50  # answers
REFUSED = {429, 503}
PAUSE_WHEN_REFUSED_SECONDS = 0.25


def get(port, path, method="GET", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def targets(port):
    """Every path on the index page, in all its forms."""
    page = get(port, BASE)[1].decode()
    paths = [BASE, BASE + "goroutine?debug=2", BASE + "heap?min_age=10s"]
    for name in re.findall(r"<a href='([^?']+)\?debug=1'>", page):
        path = BASE + name
        if name in NO_PROFILES:
            paths.append(path + ("?0x1+0x2" if name == "symbol" else ""))
        elif name in RECORDINGS:
            paths += [path + "?seconds=1", path + "?seconds=1&debug=1"]
        else:
            paths += [path, path + "?debug=1"]
        if name in DELTAS:
            paths.append(path + "?seconds=1")
    return paths


class Tally:
    """Results of all clients. Thread safety: safe."""

    def __init__(self, paths, pprof):
        self.lock = threading.Lock()
        self.answered = dict.fromkeys(paths, 0)
        self.refused = collections.Counter()
        self.errors = []
        self.pprof_read = 0
        self.pprof = pprof
        self.longest_seconds = 0.0

    def note(self, path, status, body, seconds):
        problem = None if status in REFUSED else self.problem_of(path, status, body)
        with self.lock:
            if problem:
                self.errors.append(f"{path}: {problem}")
            elif status in REFUSED:
                self.refused[f"{status} {body.decode().strip()}"] += 1
            else:
                self.answered[path] += 1
            self.longest_seconds = max(self.longest_seconds, seconds)

    def problem_of(self, path, status, body):
        if status != 200:
            return f"{status} {body[:200]!r}"
        if "debug=" in path or path == BASE or path.split("?")[0].endswith(tuple(NO_PROFILES)):
            return None if body.strip(b"\0\n") else "empty"
        try:
            if not gzip.decompress(body):
                return "an empty profile"
        except (OSError, EOFError) as error:
            return f"not gzip: {error}"
        return self.read_by_pprof(body) if random.randrange(PPROF_EVERY) == 0 else None

    def read_by_pprof(self, body):
        with tempfile.NamedTemporaryFile(suffix=".pb.gz") as file:
            file.write(body)
            file.flush()
            done = subprocess.run([self.pprof, "-raw", file.name], capture_output=True, check=False)
        with self.lock:
            self.pprof_read += 1
        return None if done.returncode == 0 and done.stdout else f"pprof: {done.stderr[:200]!r}"

    def as_json(self):
        return {"answered": self.answered, "refused": dict(self.refused),
                "errors": self.errors, "pprof_read": self.pprof_read,
                "longest_seconds": self.longest_seconds}


def ask_in_a_loop(port, paths, tally, end):
    while time.monotonic() < end:
        for path in random.sample(paths, len(paths)):
            start = time.monotonic()
            if start > end:
                return
            try:
                status, body = get(port, path)
            except (OSError, http.client.HTTPException) as error:
                tally.note(path, 0, repr(error).encode(), 0)
                continue
            tally.note(path, status, body, time.monotonic() - start)
            if status in REFUSED:
                time.sleep(PAUSE_WHEN_REFUSED_SECONDS)


def ask_together(port, clients, seconds, pause):
    """All clients request the same path at the same moment, then the next one: peak memory of the
    process at maximum concurrency. Refusals and errors are not counted."""
    end = time.monotonic() + seconds
    paths = itertools.cycle(targets(port))
    while time.monotonic() < end:
        path = next(paths)
        start = threading.Barrier(clients)

        def ask():
            start.wait()
            try:
                get(port, path)
            except (OSError, http.client.HTTPException):
                pass  # counted for the clients in the loop

        threads = [threading.Thread(target=ask) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(pause)


def main():
    port, seconds, clients, pprof, result = sys.argv[1:]
    os.nice(5)  # on a small machine the load has priority
    end = time.monotonic() + float(seconds)
    paths = targets(int(port))
    tally = Tally(paths, pprof)
    threads = [threading.Thread(target=ask_in_a_loop, args=(int(port), paths, tally, end))
               for _ in range(int(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open(result, "w", encoding="utf-8") as file:
        json.dump(tally.as_json(), file, indent=1)


if __name__ == "__main__":
    main()
