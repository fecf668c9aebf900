#!/usr/bin/env python3
"""Thousands of locations in a program with 40 MB of debug information take a few megabytes.

    memory_test.py SYMBOLIZE_BENCH PROGRAM
"""

import subprocess
import sys

PROGRAM_BYTES = 30 << 20  # at least, so that units and names do not fit into the bar
MOST_KB = 8192            # 3,800 measured; 16,900 when each unit leaves the pieces at its ends


def main():
    bench, program = sys.argv[1:]
    with open(program, "rb") as file:
        size = file.seek(0, 2)
    assert size > PROGRAM_BYTES, f"{program} has {size} bytes only"
    done = subprocess.run([bench, program, "--random", "3000"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=True, timeout=100)
    words = done.stdout.split()
    figures = dict(zip(words[::2], words[1::2]))
    print(done.stdout)
    assert int(figures["answers"]) == int(figures["addresses"]) > 2900, figures
    assert int(figures["anon_kb"]) < MOST_KB, figures


if __name__ == "__main__":
    main()
