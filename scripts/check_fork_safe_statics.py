#!/usr/bin/env python3
"""Checks with nm that no function has a static that the compiler guards with a lock: a fork while
another thread initializes it leaves the lock held in the child. sys/process/made_once.h avoids it.

usage: check_fork_safe_statics.py FOLDER...     folders with object files
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
            yield f"{path.name}: {name} is initialized under a lock; use sys::MadeOnce"


def main():
    objects = [p for folder in sys.argv[1:] for p in sorted(pathlib.Path(folder).rglob("*.o"))]
    offences = [o for path in objects for o in guards_in(path)]
    print("\n".join(offences) if offences else f"statics: {len(objects)} objects, no guard")
    return 1 if offences or not objects else 0


if __name__ == "__main__":
    sys.exit(main())
