#!/usr/bin/env python3
"""Holds that no function of ours has a static that the compiler guards with a lock (nm): a fork while
another thread makes one leaves it locked in the child. profiler/sys/process/made_once.h is the way.

usage: check_fork_safe_statics.py FOLDER...     folders with our objects
"""
import pathlib
import subprocess
import sys

GUARD = "guard variable for "
OURS = "pprof::"


def guards_in(path):
    listing = subprocess.run(["nm", "-C", path], check=True, capture_output=True, text=True).stdout
    for line in listing.splitlines():
        _, found, name = line.partition(GUARD)
        if found and OURS in name:
            yield f"{path.name}: {name} is made under a lock at first use; use sys::MadeOnce"


def main():
    objects = [p for folder in sys.argv[1:] for p in sorted(pathlib.Path(folder).rglob("*.o"))]
    offences = [o for path in objects for o in guards_in(path)]
    print("\n".join(offences) if offences else f"statics: {len(objects)} objects, no guard")
    return 1 if offences or not objects else 0


if __name__ == "__main__":
    sys.exit(main())
