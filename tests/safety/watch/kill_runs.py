#!/usr/bin/env python3
"""Kills a process at random moments of its captures, and looks what is left of them.

usage: LEAKER=build/dev/tests/safety/watch/leaker kill_runs.py [KILLS]      default 200

Each capture under a final name must be whole, and each of its profiles must be readable. What was not
finished must be gone after the next start.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
from profile_check import strings_of

FIRST = {"capture.json", "cmdline", "heap.pb.gz", "limits", "meminfo", "status"}


def check(folder):
    """Raises unless the capture is whole."""
    files = set(os.listdir(folder))
    missing = FIRST - files
    if missing:
        raise ValueError(f"{folder} has no {missing}")
    with open(f"{folder}/capture.json") as about:
        json.load(about)
    for file in files:
        if file.endswith(".pb.gz") and not file.startswith("."):
            strings_of(f"{folder}/{file}")


def run(leaker, kills, report=lambda done: None):
    """Kills so many, in steps of 50. Returns the number of captures that were looked at."""
    looked_at = 0
    with tempfile.TemporaryDirectory() as top:
        folder = f"{top}/captures"
        environment = dict(os.environ, PPROF_CPP_WATCH=folder)
        process = subprocess.Popen([leaker, "1000", "1"], env=environment, text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        while process.stdout.readline() != "full\n":
            pass
        for done in range(50, kills + 50, 50):
            process.stdin.write("kills\n")
            process.stdin.flush()
            if process.stdout.readline() != "killed\n":
                raise ValueError(f"the process ended with {process.wait()}")
            names = os.listdir(folder)
            # The record, the unfinished and the half removed folder, of the last child and of the program.
            hidden = [name for name in names if name.startswith(".")]
            if len(hidden) > 6:
                raise ValueError(f"left behind: {hidden}")
            for name in set(names) - set(hidden):
                check(f"{folder}/{name}")
                looked_at += 1
                shutil.rmtree(f"{folder}/{name}")
            report(done)
        process.communicate("quit\n")
    return looked_at


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    begin = time.monotonic()

    def report(done):
        if done % 1000 == 0:
            print(f"{done} kills, {time.monotonic() - begin:.0f} s", flush=True)

    captures = run(os.environ["LEAKER"], kills, report)
    print(f"{kills} kills, {captures} captures, all whole")
    return 0 if captures else 1


if __name__ == "__main__":
    sys.exit(main())
