#!/usr/bin/env python3
"""Prints the section "Threads" of docs/performance.md. Exit 1 on a missed bar. About 40 minutes.

usage: 30_threads.py BUILD_FOLDER [dump] [cpu] [cost] [wall] [create]     all without names
"""
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

FOLDER = "tests/bench/threads"
# For CPU truth: a standard error of 0.37 points. The kernel has CONFIG_HZ (250) ticks per second.
TICKS_WANTED = 16000
missed = []


def values(program, *arguments, env=None):
    """The "name value" lines that a benchmark prints."""
    done = subprocess.run([program, *map(str, arguments)], check=True, capture_output=True, text=True,
                          env=dict(os.environ, **(env or {})), cwd=program.parent)
    return {name: float(value) for name, value in map(str.split, done.stdout.splitlines())}


def row(what, measured, bar, good):
    if not good:
        missed.append(what)
    print(f"| {what} | {measured}{'' if good else ' **missed**'} | {bar} |", flush=True)


def table(title, command):
    print(f"\n{title} `{command}`\n\n| measurement | result | bar |\n|---|---|---|", flush=True)


def at_most(what, value, bar, unit="", digits=2):
    row(what, f"{value:.{digits}f}{unit}", f"<= {bar}{unit}", value <= bar)


def at_least(what, value, bar, unit="", digits=2):
    row(what, f"{value:.{digits}f}{unit}", f">= {bar}{unit}", value >= bar)


def dump(folder):
    table("The stacks of all threads, each waiting with 19 frames; medians.",
          "pprof_thread_dump_bench THREADS ROUNDS peers")
    seen = values(folder / "pprof_thread_dump_bench", 1000, 15, "peers")
    at_most("1,000 threads, raw dump, ms", seen["raw_ms"], 20)
    at_most("1,000 threads, `debug=2` with names, ms", seen["text_ms"], 30)
    at_least(f"`eu-stack -p` with names ({seen['eu_stack_ms']:.0f} ms), relative to `debug=2`",
             seen["eu_stack_times"], 40, digits=0)
    at_least(f"`gdb -batch -ex 'thread apply all bt'` ({seen['gdb_ms']:.0f} ms), relative to "
             "`debug=2`", seen["gdb_times"], 80, digits=0)
    at_most(f"context switches of the dumped threads in {seen['dumps']:.0f} dumps",
            seen["switches"], 0, digits=0)
    many = values(folder / "pprof_thread_dump_bench", 10000, 5)
    at_most("10,000 threads, raw dump, ms", many["raw_ms"], 250, digits=0)
    at_most("10,000 threads, `debug=2` with names, ms", many["text_ms"], 250, digits=0)


def truth(folder, profiler, *arguments):
    program = folder / f"pprof_cpu_truth_{profiler}"
    if not program.exists():
        return None
    seen = values(program, *arguments, env={"CPUPROFILE_FREQUENCY": str(arguments[2])})
    seen["ratio"] = seen["recorded"] / seen["used"]
    seen["points"] = 100 * abs(seen["hog1"] - seen["hog1_true"])
    return seen


def perf_truth(folder, mode, threads, hz, seconds):
    """The same measured by perf; None if it does not run."""
    if not shutil.which("perf"):
        return None
    with tempfile.TemporaryDirectory() as work:
        record = subprocess.run(
            ["perf", "record", "-q", "-e", "cpu-clock", "-F", str(hz), "-o", f"{work}/data", "--",
             str(folder / "pprof_cpu_truth_none"), mode, str(threads), str(hz), str(seconds)],
            capture_output=True, text=True)
        script = subprocess.run(["perf", "script", "-i", f"{work}/data", "-F", "ip,sym,period"],
                                capture_output=True, text=True)
    if record.returncode != 0 or script.returncode != 0:
        return None
    told = dict(line.split() for line in record.stdout.splitlines() if len(line.split()) == 2)
    sums = {"Hog1": 0, "Hog2": 0}
    for period, name in re.findall(r"(\d+)\s+[0-9a-f]+ .*?(Hog[12])", script.stdout):
        sums[name] += int(period)
    if not sum(sums.values()):
        return None
    share = sums["Hog1"] / sum(sums.values())
    return {"points": 100 * abs(share - float(told["hog1_true"]))}


def peer_cells(folder, mode, threads, hz, seconds):
    other = truth(folder, "gperftools", mode, threads, hz, seconds)
    outside = perf_truth(folder, mode, threads, hz, seconds)
    return (f"{other['ratio']:.3f}, {other['points']:.1f}" if other else "not installed",
            f"{outside['points']:.1f}" if outside else "does not run here")


def seconds_for(threads):
    return TICKS_WANTED / (250 * min(threads, os.cpu_count()))


def cpu(folder):
    print("\nCPU profile: reported CPU time relative to the true one (getrusage), and the error in "
          "percentage points of one function's share where two functions use CPU time 2:1. Bars: 0.98 to "
          "1.02, 1 point, no lost samples. The turns are of a millisecond (busy), or about as long as a "
          "tick (ticking). The same for gperftools' profiler (time and points) and perf "
          "(points). "
          "`pprof_cpu_truth_ours busy|ticking THREADS HZ SECONDS`\n\n| turns | threads | Hz | time | points | lost "
          "| gperftools | perf |\n|---|---|---|---|---|---|---|---|", flush=True)
    for mode, hz in (("busy", 100), ("busy", 1000), ("ticking", 1000)):
        for threads in (1, 4, 16, 64):
            seconds = seconds_for(threads)
            seen = truth(folder, "ours", mode, threads, hz, seconds)
            good = abs(seen["ratio"] - 1) <= 0.02 and seen["points"] <= 1 and not seen["lost"]
            if not good:
                missed.append(f"CPU truth, {mode}, {threads} threads, {hz} Hz")
            other, outside = peer_cells(folder, mode, threads, hz, seconds)
            print(f"| {mode} | {threads} | {hz} | {seen['ratio']:.3f}{'' if good else ' **missed**'} | "
                  f"{seen['points']:.1f} | {seen['lost']:.0f} | {other} | {outside} |", flush=True)
    bursty(folder)


def bursty(folder):
    table("Threads that run for less than an interval at a time: 8 threads, bursts of at least 0.8 ms, "
          "20 s at 100 Hz.", "pprof_cpu_truth_ours bursty 8 100 20")
    at_least("reported CPU time relative to the true one",
             truth(folder, "ours", "bursty", 8, 100, 20)["ratio"], 0.95, digits=3)
    other = truth(folder, "gperftools", "bursty", 8, 100, 20)
    print(f"| gperftools | {other['ratio']:.3f} |  |" if other else "| gperftools | not installed | |",
          flush=True)


def cost(folder):
    table("Overhead of the CPU profile: work done in a slice of 0.1 s of process CPU time with a "
          "recording, relative to the next slice without; medians of pairs. The control compares slices "
          "without a recording.",
          "pprof_thread_overhead_bench work HZ PAIRS")
    for hz, bar in ((100, 1.0), (1000, None)):
        seen = values(folder / "pprof_thread_overhead_bench", "work", hz, 150)
        text = (f"{seen['overhead_percent']:.2f} % (mean {seen['overhead_mean_percent']:.2f} %, control "
                f"{seen['control_percent']:.2f} %)")
        row(f"overhead at {hz} Hz", text, f"<= {bar} %" if bar else "",
            bar is None or seen["overhead_percent"] <= bar)
    seen = values(folder / "pprof_thread_overhead_bench", "handler", 20)
    at_most(f"signal handler at 20 frames, p99 of {seen['ticks']:.0f} ticks, us (median "
            f"{seen['handler_median_us']:.2f})", seen["handler_p99_us"], 10)
    at_most("samples lost", seen["handler_lost"], 0, digits=0)


def wall(folder):
    table("Wall clock profile at 100 Hz, 1,000 threads in poll(2).",
          "pprof_thread_wall_bench 1000 100 PAIRS")
    seen = values(folder / "pprof_thread_wall_bench", 1000, 100, 12)
    at_most("cores used while the program is idle", seen["cores"], 0.05, digits=3)
    at_least("throughput of 2 busy threads with a recording relative to without (median of 12 pairs)",
             seen["throughput"], 0.97, digits=3)
    at_most("system calls of the idle threads that saw EINTR", seen["eintr"], 0, digits=0)


def create(folder):
    table("Thread creation: pthread_create and join of an empty thread, with the profiler linked "
          "relative to without; median of 60 pairs of 4,000 threads.", "pprof_thread_create_ours 4000")
    ratios, times = [], []
    for turn in range(60):
        pair = ["ours", "plain"] if turn % 2 else ["plain", "ours"]
        seen = {name: values(folder / f"pprof_thread_create_{name}", 4000)["create_us"] for name in pair}
        ratios.append(seen["ours"] / seen["plain"])
        times.append(seen["ours"])
    at_most(f"increase, % ({statistics.median(times):.1f} us per thread)",
            100 * (statistics.median(ratios) - 1), 3.0)


PARTS = {"dump": dump, "cpu": cpu, "cost": cost, "wall": wall, "create": create}


def main():
    folder = pathlib.Path(sys.argv[1]).resolve() / FOLDER
    print("## Threads")
    for name in sys.argv[2:] or PARTS:
        PARTS[name](folder)
    for what in missed:
        print(f"30_threads.py: missed: {what}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
