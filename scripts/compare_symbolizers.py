#!/usr/bin/env python3
"""Compares the frames of symbolize_bench with those of llvm-symbolizer, address by address.

usage: compare_symbolizers.py OURS THEIRS [--show N]

OURS: output of `symbolize_bench FILE ... --print`; THEIRS: of `llvm-symbolizer --no-demangle
--inlines --print-address --obj=FILE`. Equal: as many frames, each with the same function, file and
line. Functions are compared demangled and without clone suffixes, so that the aliases of
constructors are one function; a local function that we qualify equals its bare name.
"""
import argparse
import itertools
import re
import subprocess

CLONE = re.compile(r"( \[clone [^\]]*\])+$")


def read_ours(path):
    chains = {}
    for block in open(path).read().split("\n\n"):
        lines = block.strip().split("\n")
        frames = []
        for line in lines[1:]:
            name, _, place = line.partition("\t")
            file, _, number = place.rpartition(":")
            frames.append([name, file, int(number)])
        if lines[0]:
            chains[int(lines[0], 16)] = frames
    return chains


def read_theirs(path):
    chains = {}
    for block in open(path).read().split("\n\n"):
        lines = block.strip().split("\n")
        frames = []
        for name, place in zip(lines[1::2], lines[2::2]):
            file, number, _ = place.rsplit(":", 2)
            frames.append([name, file, int(number)])
        if lines[0]:
            chains[int(lines[0], 16)] = frames
    return chains


def demangle(*all_chains):
    frames = [frame for chains in all_chains for chain in chains.values() for frame in chain]
    text = "\n".join(re.sub(r"\.(cold|isra|part|constprop|lto_priv|llvm)(\.\d+)*", "", f[0])
                     for f in frames)
    names = subprocess.run(["c++filt"], input=text, capture_output=True, text=True, check=True).stdout
    for frame, name in zip(frames, names.split("\n")):
        frame[0] = CLONE.sub("", name)


def same_file(ours, theirs):
    # libbacktrace omits a relative compilation directory.
    return ours == theirs or theirs.endswith("/" + ours.removeprefix("./"))


def same(ours, theirs):
    if ours[2] != theirs[2] or not same_file(ours[1], theirs[1]):
        return False
    return ours[0] == theirs[0] or ours[0].endswith("::" + theirs[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ours")
    parser.add_argument("theirs")
    parser.add_argument("--show", type=int, default=0, help="print the first N differences")
    options = parser.parse_args()
    ours, theirs = read_ours(options.ours), read_theirs(options.theirs)
    demangle(ours, theirs)
    equal = 0
    for address, chain in sorted(theirs.items()):
        mine = ours.get(address, [])
        if len(mine) == len(chain) and all(map(same, mine, chain)):
            equal += 1
        elif options.show > 0:
            options.show -= 1
            print(f"0x{address:x}: {len(mine)} frames, {len(chain)} expected")
            for a, b in itertools.zip_longest(mine, chain):
                if a is None or b is None or not same(a, b):
                    print(f"  ours   {a}\n  theirs {b}")
                    break
    print(f"equal {equal} of {len(theirs)} ({100.0 * equal / max(len(theirs), 1):.2f} %)")


if __name__ == "__main__":
    main()
