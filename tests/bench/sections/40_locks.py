#!/usr/bin/env python3
"""Prints the section "Locks" of docs/performance.md. Exit 1 on a missed bar.

usage: 40_locks.py BUILD_FOLDER
"""
import pathlib
import re
import subprocess
import sys

ROUNDS = 21
UNCONTENDED_BARS = {"off": 1.05, "on": 1.25}
LEAST_THROUGHPUT = 0.98
WITHOUT_BAR = "the only thread"
TRUTH_RUNS = 5
TRUTH = re.compile(r"true share ([\d.]+), charged ([\d.]+); sum of charges/truth ([\d.]+); "
                   r"block/truth ([\d.]+)")
# Text for an accuracy run, the maximum deviation, and its computation.
TRUTH_ROWS = [
    ("share of the 2 ms holder, error in points", 2.0, lambda m: 100 * (m[1] - m[0])),
    ("sum of charges, error in % of the waiters' delay", 1.0, lambda m: 100 * (m[2] - 1)),
    ("sum of `block`, error in % of the waiters' delay", 2.0, lambda m: 100 * (m[3] - 1)),
]


def rows_of(folder):
    """Case -> {variant: ratio}; and the first column, which is a time."""
    run = subprocess.run([folder / "bench/pprof_lock_bench", str(ROUNDS)], check=True,
                         capture_output=True, text=True)
    table = [[cell.strip() for cell in line.strip("|\n").split("|")]
             for line in run.stdout.splitlines() if line.startswith("|") and "--" not in line]
    variants = table[0][1:]
    return {row[0]: dict(zip(variants, row[1:])) for row in table[1:]}


def print_costs(folder):
    print("Time of one lock and unlock relative to the same program without pprof-cpp; for four threads "
          "that hold a lock for 0.5 or 50 us, the turns for the same CPU time. Medians of paired rounds; "
          f"\"on\" is `rate=10us` and `fraction=100`. `pprof_lock_bench {ROUNDS}`\n")
    print("| case | plain | plain again | off | on | on, all kept | bar off, on |")
    print("|---|---|---|---|---|---|---|")
    missed = []
    for case, cells in rows_of(folder).items():
        contended = case.startswith("4 threads")
        shown = {}
        for variant in ("plain again", "off", "on", "on, all kept"):
            ratio = float(cells[variant])
            value = 1 / ratio if contended else ratio
            bar = LEAST_THROUGHPUT if contended else UNCONTENDED_BARS.get(variant)
            late = (variant in UNCONTENDED_BARS and WITHOUT_BAR not in case
                    and (value < bar if contended else value > bar))
            shown[variant] = f"{value:.3f}{' **missed**' if late else ''}"
            missed += [f"{case}, {variant}: {value:.3f}, bar {bar}"] if late else []
        bars = (f"at least {LEAST_THROUGHPUT}" if contended else "" if WITHOUT_BAR in case else
                ", ".join(str(bar) for bar in UNCONTENDED_BARS.values()))
        print(f"| {case} | {cells['plain']} | " + " | ".join(shown.values()) + f" | {bars} |")
    return missed


def print_truth(folder):
    name = "ContentionTruth.HolderIsChargedNotTheWaiter"
    measured = []
    for _ in range(TRUTH_RUNS):
        run = subprocess.run([folder / "unit/contention/pprof_contention_test",
                              f"--gtest_filter={name}"], capture_output=True, text=True)
        measured.append([float(number) for number in TRUTH.search(run.stdout).groups()])
    print("\nA lock held 2 ms by one function and 0.5 ms by another, four threads, compared with the "
          f"times that the threads recorded themselves; all {TRUTH_RUNS} runs. "
          f"`pprof_contention_test --gtest_filter={name}`\n")
    print("| measurement | result | bar |\n|---|---|---|")
    missed = []
    for text, bar, compute in TRUTH_ROWS:
        values = [compute(m) for m in measured]
        late = max(map(abs, values)) > bar
        missed += [f"{text}: {values}, bar {bar}"] if late else []
        print(f"| {text} | {', '.join(f'{v:+.2f}' for v in values)}{' **missed**' if late else ''} "
              f"| {bar:g} |")
    return missed


def main():
    folder = pathlib.Path(sys.argv[1]) / "tests"
    print("## Locks\n")
    missed = print_costs(folder) + print_truth(folder)
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
