#!/usr/bin/env python3
"""Builds small programs in every format with its own parsing code, and damages them.

usage: mutation_test.py SYMBOLIZE_MUTATION_TEST

PPROF_CPP_MUTANTS (500): total number of damaged files; PPROF_CPP_MUTATION_SEED (1).
"""
import os
import pathlib
import sys
import subprocess
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "variants"))
import variants_test as variants  # noqa: E402

# Rows of the variants with different code paths, and the other files to damage with them.
SEEDS = {
    "g++ dwarf5-O2": [], "g++ dwarf4-O2": [], "clang++ dwarf5-O2": [], "clang++ dwarf4-O0": [],
    "g++ gz-zlib": [], "g++ gz-zlib-gnu": [], "g++ objcopy-zstd": [], "g++ dwarf64": [],
    "g++ lto": [], "g++ type-units": [], "g++ mini-debug-info": [], "clang++ line-tables-only": [],
    "g++ split-v5": ["*.dwo"], "clang++ split-v4": ["*.dwo"],
    "g++ dwp-v4": ["*.dwp"], "clang++ dwp-v5-llvm": ["*.dwp"],
    "g++ dwz-alternate-v5": ["shared.debug"], "g++ debuglink": ["variant.debug"],
}


def build(row, folder):
    variants.need(row.compiler)
    binary = folder / "variant"
    variants.run(row.compiler, *row.flags, variants.SOURCE, "-o", binary, cwd=folder)
    if row.post is not None:
        row.post(folder, binary)
    return binary


def main():
    tool = pathlib.Path(sys.argv[1]).resolve()
    count = int(os.environ.get("PPROF_CPP_MUTANTS", "500"))
    seed = int(os.environ.get("PPROF_CPP_MUTATION_SEED", "1"))
    rows = {f"{row.compiler} {row.name}": row for row in variants.rows()}
    share = -(-count // len(SEEDS))
    failed = 0
    for number, (name, patterns) in enumerate(SEEDS.items()):
        with tempfile.TemporaryDirectory() as text:
            folder = pathlib.Path(text)
            try:
                binary = build(rows[name], folder)
            except (variants.Skip, RuntimeError) as reason:
                print(f"skip {name}: {str(reason).splitlines()[-1][:100]}")
                continue
            others = [file for pattern in patterns for file in folder.glob(pattern)]
            done = subprocess.run(
                [tool, str(share), str(1000 * seed + number), binary, *others],
                capture_output=True, text=True)
            # UBSan reports and continues, so its report counts, too.
            bad = done.returncode != 0 or "runtime error" in done.stderr
            print(f"{'FAIL' if bad else 'ok  '} {name}: {done.stdout.strip()}")
            if bad:
                print(f"exit {done.returncode}\n{done.stderr[-4000:]}")
            failed += bad
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
