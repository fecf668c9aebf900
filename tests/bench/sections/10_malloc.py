#!/usr/bin/env python3
"""Prints the section "malloc and free" of docs/performance.md. Exit 1 on a missed bar.

usage: 10_malloc.py BUILD_FOLDER
"""
import os
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import sys

WORKLOADS = ["pair", "newdelete", "ring", "map"]
TITLES = {"pair": "pair 16..4096 B", "newdelete": "new/delete", "ring": "ring of 1024 live",
          "map": "unordered_map&lt;string,string&gt;"}
PLAIN = "tcmalloc_minimal, plain"
# (workload, variant) -> bar on the ratio of instructions
BARS = {("pair", "pprof-cpp, idle"): 1.16, ("pair", "pprof-cpp, on"): 1.22,
        ("map", "pprof-cpp, idle"): 1.04, ("map", "pprof-cpp, on"): 1.05}
TIME_BARS = {"idle": 1.12, "on": 1.25}
FEW, MANY = 20000, 60000
ON = "512k"
NEAR_ON = ["492k", "502k", ON, "522k", "532k"]
ROUNDS = 9


def library(name):
    listing = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True).stdout
    found = re.search(rf"\s{re.escape(name)} .*=> (\S+)", listing)
    return found.group(1) if found else None


def variants(folder):
    """name -> (program, environment)"""
    any_malloc = folder / "malloc_workload"
    found = {}
    minimal, full = library("libtcmalloc_minimal.so.4"), library("libtcmalloc.so.4")
    jemalloc = library("libjemalloc.so.2")
    found[PLAIN] = (any_malloc, {"LD_PRELOAD": minimal})
    found["pprof-cpp, idle"] = (folder / "malloc_workload_ours", {"PPROF_CPP_HEAP_INTERVAL": "0"})
    found["pprof-cpp, on"] = (folder / "malloc_workload_ours", {"PPROF_CPP_HEAP_INTERVAL": ON})
    if full:
        found["tcmalloc, native sampling"] = (
            any_malloc, {"LD_PRELOAD": full, "TCMALLOC_SAMPLE_PARAMETER": "524288"})
    if (folder / "malloc_workload_hooks").exists():
        found["tcmalloc, MallocHook new + delete"] = (folder / "malloc_workload_hooks", {})
    if jemalloc:
        found["jemalloc, prof off"] = (any_malloc, {"LD_PRELOAD": jemalloc})
        found["jemalloc, prof on"] = (
            any_malloc, {"LD_PRELOAD": jemalloc, "MALLOC_CONF": "prof:true,lg_prof_sample:19"})
    found["glibc"] = (any_malloc, {})
    return found


def instructions(program, environment, workload, count):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(program),
               workload, str(count)]
    run = subprocess.run(command, env=dict(os.environ, **environment), capture_output=True, text=True)
    collected = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or not collected:
        raise RuntimeError(f"{' '.join(command)}: {run.stderr[-500:]}")
    return int(collected.group(1))


def per_operation(program, environment, workload):
    few = instructions(program, environment, workload, FEW)
    return (instructions(program, environment, workload, MANY) - few) / (MANY - FEW)


def median_per_operation(program, environment, workload):
    """A sample on a busy page makes each free() of the page look it up: which block is sampled
    changes the count by up to 4 %. Neighbouring intervals sample other blocks."""
    name = "PPROF_CPP_HEAP_INTERVAL"
    if environment.get(name) != ON:
        return per_operation(program, environment, workload)
    return statistics.median(per_operation(program, {**environment, name: near}, workload)
                             for near in NEAR_ON)


def print_instructions(folder):
    missed = []
    table = {name: {w: median_per_operation(*variant, w) for w in WORKLOADS}
             for name, variant in variants(folder).items()}
    print("| allocator | " + " | ".join(TITLES[w] for w in WORKLOADS) + " |")
    print("|---|" + "---|" * len(WORKLOADS))
    for name, values in table.items():
        cells = []
        for workload in WORKLOADS:
            ratio = values[workload] / table[PLAIN][workload]
            bar = BARS.get((workload, name))
            note = f", bar {bar}" if bar else ""
            cells.append(f"{ratio:.3f} ({values[workload]:.0f}{note})")
            if bar and ratio > bar:
                missed.append(f"{workload}, {name}: {ratio:.3f} > {bar}")
        print(f"| {name} | " + " | ".join(cells) + " |")
    return missed


def cpu_seconds(program, environment, workload, count):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([program, workload, str(count)], check=True, env=dict(os.environ, **environment),
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def print_process_times(folder):
    """Runs all allocators in each round; medians of the rounds' ratios to plain."""
    ratios = {name: {w: [] for w in WORKLOADS} for name in variants(folder)}
    for _ in range(ROUNDS):
        for workload in WORKLOADS:
            count = 1000000 if workload == "map" else 8000000
            times = {name: cpu_seconds(*variant, workload, count)
                     for name, variant in variants(folder).items()}
            for name, seconds in times.items():
                ratios[name][workload].append(seconds / times[PLAIN])
    print("| allocator | " + " | ".join(TITLES[w] for w in WORKLOADS) + " |")
    print("|---|" + "---|" * len(WORKLOADS))
    for name, values in ratios.items():
        cells = [f"{statistics.median(values[w]):.2f}" for w in WORKLOADS]
        print(f"| {name} | " + " | ".join(cells) + " |")


def print_times(folder):
    run = subprocess.run([folder / "malloc_ab"], check=True, capture_output=True, text=True)
    print("| workload | setting | ratio [quartiles] | bar | tcmalloc ns | pprof-cpp ns |")
    print("|---|---|---|---|---|---|")
    for line in run.stdout.splitlines():
        name, setting, direct, ours, ratio, low, high = line.split()
        bar = 1.04 if name == "map" else TIME_BARS[setting]
        note = "" if float(ratio) <= bar else " **missed**"
        print(f"| {TITLES[name]} | {setting} | {ratio} [{low} {high}]{note} | {bar} | {direct} | {ours} |")


def main():
    folder = pathlib.Path(sys.argv[1]) / "tests/bench/heap"
    print("## malloc and free\n")
    print("Instructions per operation (one allocation and one free) relative to plain "
          "tcmalloc_minimal; the count is in brackets. Exact to 1 %; with sampling on, the median of "
          f"the intervals {', '.join(NEAR_ON)}. System calls are not counted, "
          "which favors samplers that make them (tcmalloc's native one). "
          f"`valgrind --tool=callgrind malloc_workload[_ours] WORKLOAD N`, N = {MANY} minus {FEW}.\n")
    missed = ["valgrind is not installed"]
    if shutil.which("valgrind"):
        missed = print_instructions(folder)
    print("\nThread CPU time in one process: 301 slices of direct tc_* calls alternate with 301 of the "
          "interposed calls; median of the paired ratios. `malloc_ab`\n")
    print_times(folder)
    print(f"\nCPU time of whole processes relative to plain tcmalloc_minimal in the same round, median "
          f"of {ROUNDS} rounds. Resolves about 10 % only; it is for the other allocators. "
          "`malloc_workload[_ours|_hooks] WORKLOAD 8000000`\n")
    print_process_times(folder)
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
