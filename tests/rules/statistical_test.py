#!/usr/bin/env python3
"""The tests with the label `statistical` are those that tests/README.md lists, each with its reason.

usage: statistical_test.py CTEST BUILD_FOLDER README
"""
import fnmatch
import json
import pathlib
import re
import subprocess
import sys
import tempfile

LABEL = "statistical"


def tests_by_label(ctest, folder):
    """Names of the tests with the label, and of the others."""
    # From a folder of its own: ctest writes its log there, and this runs inside of ctest.
    with tempfile.TemporaryDirectory() as place:
        pathlib.Path(place, "CTestTestfile.cmake").write_text(f'subdirs("{folder}")\n')
        shown = subprocess.run([ctest, "--test-dir", place, "--show-only=json-v1"], check=True,
                               capture_output=True, text=True).stdout
    labelled, others = set(), set()
    for test in json.loads(shown)["tests"]:
        properties = {entry["name"]: entry["value"] for entry in test.get("properties", [])}
        (labelled if LABEL in properties.get("LABELS", []) else others).add(test["name"])
    return labelled, others


def listed(readme):
    """Pattern -> reason, from the rows of the table."""
    text = pathlib.Path(readme).read_text(encoding="utf-8")
    return dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", text, re.M))


def offences(rows, labelled, others):
    for pattern, reason in rows.items():
        if not fnmatch.filter(labelled, pattern):
            yield f"{pattern} is listed and is no statistical test"
        for name in fnmatch.filter(others, pattern):
            yield f"{name} is listed and has no label"
        if not reason.strip():
            yield f"{pattern} has no reason"
    for name in sorted(labelled):
        if sum(fnmatch.fnmatch(name, pattern) for pattern in rows) != 1:
            yield f"{name} is not listed once"


def main():
    ctest, folder, readme = sys.argv[1:]
    labelled, others = tests_by_label(ctest, folder)
    found = list(offences(listed(readme), labelled, others))
    print("\n".join(found) if found else f"{len(labelled)} statistical tests of "
                                         f"{len(labelled) + len(others)}, all listed")
    return 1 if found or not labelled else 0


if __name__ == "__main__":
    sys.exit(main())
