#!/usr/bin/env python3
"""Prints the section "A storm" of docs/performance.md. Exit 1 if pprof-cpp does not survive it.

usage: 31_storm.py BUILD_FOLDER [SECONDS]     60 seconds without the number
"""
import os
import pathlib
import signal
import subprocess
import sys
import time

NAMES = {"ours": "pprof-cpp", "gperftools": "gperftools' CPU profiler (libunwind)",
         "libgcc": "libgcc's `_Unwind_Backtrace` in a handler"}
HANG = 3  # exit code after 10 s without progress


def run(program, seconds):
    begin = time.monotonic()
    env = dict(os.environ, CPUPROFILE_FREQUENCY="1000")
    try:
        done = subprocess.run([program, str(seconds)], capture_output=True, text=True, cwd=program.parent,
                              timeout=seconds + 30, env=env)
    except subprocess.TimeoutExpired:
        return False, "hung, including its main thread", ""
    took = time.monotonic() - begin
    told = dict(line.split() for line in done.stdout.splitlines())
    if done.returncode == 0:
        return True, f"survived {seconds} s", f"{int(told['signals']):,}"
    if done.returncode == HANG:
        return False, f"hung after {max(0, took - 10):.1f} s", ""
    if done.returncode < 0:
        return False, f"crashed after {took:.1f} s ({signal.Signals(-done.returncode).name})", ""
    return False, f"failed with {done.returncode}: {done.stderr.strip()[-200:]}", ""


def main():
    folder = pathlib.Path(sys.argv[1]).resolve() / "tests/bench/threads"
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    print("## A storm\n")
    print(f"Up to {seconds} s of dlopen and dlclose (2 threads), throw (2), dl_iterate_phdr, fork, thread "
          "creation and malloc at once; each thread is sampled 2,000 times a second by a wall clock "
          "timer. Bar: pprof-cpp survives. `pprof_storm_ours SECONDS`\n")
    print("| profiler | in the storm | samples |\n|---|---|---|")
    survived = False
    for name, title in NAMES.items():
        program = folder / f"pprof_storm_{name}"
        if not program.exists():
            print(f"| {title} | not installed | |")
            continue
        well, text, signals = run(program, seconds)
        survived |= name == "ours" and well
        print(f"| {title} | {text} | {signals} |", flush=True)
    return 0 if survived else 1


if __name__ == "__main__":
    sys.exit(main())
