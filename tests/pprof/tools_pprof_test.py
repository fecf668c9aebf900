#!/usr/bin/env python3
"""Reads the output of make_profiles with `go tool pprof` and google-pprof and checks the results.

usage: tools_pprof_test.py --make-profiles EXE --make-names EXE [--google-pprof EXE] GO...
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

FAILURES = []


def check(condition, what, text=""):
    if not condition:
        FAILURES.append(what)
        print(f"FAILED: {what}\n{text}")


def run(*command, expect=0):
    env = dict(os.environ, PPROF_TMPDIR="/nonexistent", PPROF_BINARY_PATH="/nonexistent")
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=120, env=env, check=False)
    check(done.returncode == expect, f"{' '.join(command)}: exit {done.returncode}", done.stdout)
    return done.stdout


def row(top, name):
    """(flat, cum) of one function in -top's output."""
    for line in top.splitlines():
        words = line.split(None, 5)
        if len(words) == 6 and words[5].replace(" (inline)", "") == name:
            return words[0], words[3]
    return None


class Tool:
    """One `go tool pprof`."""

    def __init__(self, go):
        self.go = go

    def __call__(self, *arguments):
        return run(self.go, "tool", "pprof", *arguments)

    def has_top(self, name, flat, cum, *arguments):
        top = self("-top", *arguments)
        check(row(top, name) == (flat, cum), f"{self.go} -top {arguments}: {name} {flat} {cum}", top)


def check_heap(pprof):
    pprof.has_top("demo::ContextMap::Insert", "800B", "800B", "heap.pb.gz")  # inuse_space: the last
    pprof.has_top("demo::LeakyHandler", "0", "800B", "heap.pb.gz")
    pprof.has_top("demo::(anonymous namespace)::Hidden", "200B", "200B", "heap.pb.gz")
    pprof.has_top("demo::ContextMap::Insert", "100", "100", "-sample_index=alloc_objects",
                  "heap.pb.gz")
    pprof.has_top("pprof::LostSamples", "10B", "10B", "-sample_index=alloc_space", "heap.pb.gz")
    pprof.has_top("demo::ContextMap::Set", "800B", "800B", "-noinlines", "heap.pb.gz")


def check_full_names(pprof, program):
    """System names restore full names. Without the binary, which pprof would read."""
    os.rename(program, program + ".away")
    pprof.has_top("demo::ContextMap<int>::Set(int)", "0", "800B", "-symbolize=demangle=full",
                  "heap.pb.gz")
    os.rename(program + ".away", program)


def check_views(pprof):
    peek = pprof("-peek", "ContextMap::Set", "heap.pb.gz")
    check("demo::ContextMap::Insert (inline)" in peek, "-peek shows the inlined callee", peek)
    listing = pprof("-list", "demo::LeakyHandler", "heap.pb.gz")
    check("ROUTINE ======================== demo::LeakyHandler" in listing, "-list finds it", listing)
    check(re.search(r"\. +800B .*map\.Set\(1\)", listing), "-list shows the source line", listing)
    traces = pprof("-traces", "heap.pb.gz")
    check(re.search(r"bytes:\s+10B", traces) and re.search(r"worker:\s+w1", traces), "labels", traces)
    tags = pprof("-tags", "heap.pb.gz")
    check("worker: Total" in tags and "w1" in tags, "-tags", tags)
    comments = pprof("-comments", "heap.pb.gz")
    check("made by a test" in comments, "-comments", comments)
    for view in ("-tree", "-dot", "-weblist=LeakyHandler"):
        pprof(view, "-output=/dev/null", "heap.pb.gz")


def check_raw(pprof):
    raw = pprof("-raw", "heap.pb.gz")
    check("PeriodType: space bytes\nPeriod: 524288" in raw, "period", raw)
    check("Duration" not in raw, "no duration in a snapshot", raw)
    check("alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes" in raw,
          "sample types", raw)
    main = re.search(r"^1: (0x[0-9a-f]+)/(0x[0-9a-f]+)/(0x[0-9a-f]+) (\S+) ([0-9a-f]{40}) "
                     r"\[FN\]\[FL\]\[LN\]\[IN\]$", raw, re.M)
    check(main and main.group(4).endswith("pprof_make_profiles"), "mapping 1 is the executable", raw)
    check(main and all(int(main.group(i), 16) % 4096 == 0 for i in (1, 2, 3)), "whole pages", raw)
    check(re.search(r"s=\d+\(_ZN4demo10ContextMapIiE3SetEi\)", raw), "system names are mangled", raw)
    delta = pprof("-raw", "delta.pb.gz")
    check("Duration: " in delta, "a delta has a duration", delta)
    check(re.search(r"^ +200 +2000 +240 +2400:", delta, re.M), "totals subtracted, levels kept", delta)


def check_text(pprof):
    """Go's pprof does not read C++ symbols from the text, so the totals are checked."""
    for name, total in (("heap", "1000B"), ("goroutine", "10"), ("block", "10ms"), ("mutex", "10ms")):
        top = pprof("-top", f"{name}.txt")
        check(f"of {total} total" in top, f"{name}.txt: total {total}", top)
        raw = pprof("-symbolize=none", "-raw", f"{name}.txt")
        check("pprof_make_profiles" in raw.split("Mappings")[1].splitlines()[1],
              f"{name}.txt: the executable is mapping 1", raw)
    raw = pprof("-symbolize=none", "-raw", "heap.txt")
    check(re.search(r"^ +100 +1000 +80 +800:", raw, re.M), "heap.txt is not scaled", raw)
    for line in pprof("-symbolize=none", "-raw", "mutex.txt").splitlines():
        if line.startswith("          8"):
            check("8    8000000:" in line, "mutex.txt: nanoseconds", line)


def check_same_addresses(pprof):
    """The text's return addresses become the protobuf's call addresses."""
    def addresses(file):
        raw = pprof("-symbolize=none", "-raw", file).split("Mappings")[0]
        return set(re.findall(r"^ +\d+: (0x[0-9a-f]+)", raw, re.M))

    # Two snapshots of one process: the protobuf and the text are of the same one.
    check(addresses("heap.pb.gz") == addresses("heap.txt"), "addresses agree")


def mangled_names(*binaries):
    """Distinct mangled function names in the symbol tables."""
    names = set()
    for binary in binaries:
        for arguments in (["nm", binary], ["nm", "-D", binary]):
            done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  text=True, check=False)
            for line in done.stdout.splitlines():
                words = line.split()
                # pprof shows parameters of thunks and clones, we do not.
                if (len(words) == 3 and words[1] in "tTwW" and words[2].startswith("_Z")
                        and not words[2].startswith(("_ZTh", "_ZTv", "_ZTc", "_ZGTt"))):
                    names.add(words[2].split("@")[0])
    return sorted(names)


def check_names(pprof, make_names, program):
    """Our short names equal those that pprof makes from the mangled ones."""
    with open("heap.txt", encoding="utf-8") as text:
        libraries = [line.split()[5] for line in text if " r-xp " in line and "libstdc++" in line]
    names = mangled_names(program, *libraries)
    subprocess.run([make_names, "."], input="\n".join(names) + "\n", text=True, check=True)
    with open("names.txt", encoding="utf-8") as file:
        ours = dict(line.rstrip("\n").split("\t") for line in file)
    theirs = {}
    for line in pprof("-raw", "names.pb.gz").splitlines():
        match = re.match(r"^ +\d+: 0x[0-9a-f]+ (?:M=1 )?(.*) :1(?::0)? s=0(?:\((.*)\))?$", line)
        if match:
            theirs[match.group(2) or match.group(1)] = match.group(1)
    different = [name for name in ours if theirs.get(name) not in (None, ours[name])]
    print(f"{len(theirs)} names, {len(different)} unlike pprof's")
    check(len(theirs) > 1000, "names read")
    check(len(different) <= len(theirs) * 0.02, "short names agree with pprof's",
          "\n".join(f"{n}\n  {ours[n]}\n  {theirs[n]}" for n in different[:20]))


def check_google_pprof(tool, program):
    text = run(tool, "--text", "--lines", program, "heap.txt")
    for want in ("demo::ContextMap::Set", "demo::LeakyHandler", "make_profiles.cpp"):
        check(want in text, f"google-pprof heap.txt: {want}", text)
    text = run(tool, "--text", "--inuse_objects", program, "heap.txt")
    check("Total: 100 objects" in text, "google-pprof heap.txt: not scaled", text)
    text = run(tool, "--text", "--alloc_objects", program, "heap.txt")
    check("Total: 151 objects" in text, "google-pprof heap.txt: alloc", text)
    # It knows neither Go's "--- mutex:" nor the count form.
    text = run(tool, "--text", program, "block.txt")
    check("Total: 0.010 seconds" in text and "demo::LeakyHandler" in text,
          "google-pprof block.txt", text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--make-profiles", required=True)
    parser.add_argument("--make-names", required=True)
    parser.add_argument("--google-pprof", default="")
    parser.add_argument("go", nargs="+")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:  # google-pprof reads no path with a blank
        return run_tools(options, work)


def run_tools(options, work):
    program = shutil.copy(options.make_profiles, os.path.join(work, "pprof_make_profiles"))
    run(program, work)
    os.chdir(work)
    for go in options.go:
        pprof = Tool(go)
        for test in (check_heap, check_views, check_raw, check_text, check_same_addresses):
            test(pprof)
        check_full_names(pprof, program)
    check_names(Tool(options.go[0]), options.make_names, program)
    if os.path.exists(options.google_pprof):
        check_google_pprof(options.google_pprof, program)
    print(f"{len(options.go)} go tool pprof, {len(FAILURES)} failures")
    return 1 if FAILURES else 0


if __name__ == "__main__":
    sys.exit(main())
