#!/usr/bin/env python3
"""Prints the section "heap samples and snapshots" of docs/performance.md. Exit 1 on a missed bar.

usage: 20_heap_sampler.py BUILD_FOLDER
"""
import pathlib
import subprocess
import sys

ROWS = [  # name, text, bar
    ("sample_ns_at_10_frames", "one sample and its free, 10 frames, ns", None),
    ("sample_ns_at_20_frames", "one sample and its free, 20 frames, ns", 1000),
    ("sample_ns_at_35_frames", "one sample and its free, 35 frames, ns", None),
    ("sample_ns_at_55_frames", "one sample and its free, 55 frames, ns", None),
    ("snapshot_ms", "snapshot of {snapshot_live_samples} live samples on {snapshot_stacks} stacks, ms",
     1.0),
    ("peak_snapshot_ms", "the same at the high-water mark, ms", None),
    ("collect_ms", "the same as a Snapshot object (`Collect(\"heap\")`), ms", None),
    ("min_age_ms", "walk of the live table (`min_age`), ms", None),
    ("snapshot_allocations", "allocations of a snapshot (its buffer, before the walk)", 1),
    ("allocation_rate_beside_snapshots",
     "malloc/free rate of another thread during continuous snapshots relative to its rate alone", None),
]


def main():
    program = pathlib.Path(sys.argv[1]) / "tests/bench/heap/heap_sampler_bench"
    output = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    values = dict(line.split() for line in output.splitlines())
    print("## Heap samples and snapshots\n")
    print("Medians of thread CPU time, caches warm. `heap_sampler_bench`\n")
    print("| measurement | result | bar |\n|---|---|---|")
    missed = False
    for name, text, bar in ROWS:
        late = bar is not None and float(values[name]) > bar
        missed |= late
        print(f"| {text.format(**values)} | {values[name]}{' **missed**' if late else ''} | {bar or ''} |")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
