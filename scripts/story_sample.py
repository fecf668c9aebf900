#!/usr/bin/env python3
"""Samples /stats of demo_app into a CSV file during a load.

usage: story_sample.py URL CSV --load-pid PID [--until-resident BYTES] [--at-most SECONDS]

Exits with 0 when the resident bytes are reached, or without that option when the load has ended;
with 4 if the load or the time ended before that.
"""

import argparse
import csv
import json
import sys
import time
import urllib.request

COLUMNS = ["seconds", "requests", "context_entries", "resident_bytes", "heap_in_use_bytes"]
INTERVAL_SECONDS = 0.5


def is_running(pid):
    """True while the process exists and is not a zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def sample(url, start):
    with urllib.request.urlopen(url + "/stats", timeout=10) as answer:
        stats = json.load(answer)
    stats["seconds"] = round(time.monotonic() - start, 3)
    return stats


def show(stats, most):
    """One line on a terminal, which the next one replaces."""
    if sys.stderr.isatty():
        limit = f" of {most >> 20}" if most else ""
        print(f"\r\033[K   {stats['seconds']:.0f} s, {stats['requests']} requests, "
              f"{stats['resident_bytes'] >> 20}{limit} MiB resident", end="", file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("csv")
    parser.add_argument("--load-pid", type=int, required=True)
    parser.add_argument("--until-resident", type=int)
    parser.add_argument("--at-most", type=float, default=90)
    options = parser.parse_args()

    start = time.monotonic()
    next_sample = start
    with open(options.csv, "w", newline="", encoding="ascii") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        while True:
            running = is_running(options.load_pid)
            stats = sample(options.url, start)
            writer.writerow(stats)
            file.flush()
            show(stats, options.until_resident)
            if options.until_resident and stats["resident_bytes"] >= options.until_resident:
                return 0
            if not running:
                return 4 if options.until_resident else 0
            if stats["seconds"] > options.at_most:
                return 4
            next_sample += INTERVAL_SECONDS
            time.sleep(max(0, next_sample - time.monotonic()))


if __name__ == "__main__":
    status = main()
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    sys.exit(status)
