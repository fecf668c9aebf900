#!/usr/bin/env python3
"""Writes a heap profile in google-pprof's format, of a program that is not running.

usage: legacy_heap_profile.py BINARY ADDRESSES >PROFILE    ADDRESSES: one hexadecimal per line

The same stacks as foreign_profile_server's: 30 addresses each, with the code segment mapped.
"""
import subprocess
import sys

DEPTH = 30
PAGE = 4096
BIAS = 0x555500000000


def code_segment(binary):
    """Offset, address and size of the first executable segment."""
    said = subprocess.run(["readelf", "-lW", binary], capture_output=True, text=True, check=True)
    for line in said.stdout.splitlines():
        words = line.split()
        if words[:1] == ["LOAD"] and "E" in words[6:-1]:
            return int(words[1], 16), int(words[2], 16), int(words[4], 16)
    sys.exit(f"{binary} has no executable segment")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    binary, listed = sys.argv[1:]
    offset, address, size = code_segment(binary)
    with open(listed, encoding="ascii") as lines:
        returns = [int(line, 16) + BIAS + 1 for line in lines]
    stacks = [returns[i:i + DEPTH] for i in range(0, len(returns) - DEPTH + 1, DEPTH)]
    count = len(stacks)
    print(f"heap profile: {count}: {count} [{count}: {count}] @ heapprofile")
    for stack in stacks:
        print(" 1: 1 [1: 1] @ " + " ".join(map(hex, stack)))
    end = BIAS + address + (size + PAGE - 1) // PAGE * PAGE
    print(f"\nMAPPED_LIBRARIES:\n{BIAS + address:x}-{end:x} r-xp {offset:08x} 00:00 0 {binary}")


if __name__ == "__main__":
    main()
