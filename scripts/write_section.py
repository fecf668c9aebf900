#!/usr/bin/env python3
"""Replaces or inserts a section of a Markdown page.

usage: some_bench | write_section.py PAGE NAME

A section is between <!-- NAME: begin --> and <!-- NAME: end -->. A new one is inserted before the
first with a greater name. Text outside the sections is unchanged.
"""
import pathlib
import re
import sys

MARKERS = re.compile(r"<!-- ([\w]+): begin -->.*?<!-- \1: end -->\n", re.DOTALL)


def with_section(page, name, text):
    section = f"<!-- {name}: begin -->\n{text.strip()}\n<!-- {name}: end -->\n"
    for found in MARKERS.finditer(page):
        if found.group(1) == name:
            return page[:found.start()] + section + page[found.end():]
        if found.group(1) > name:
            return page[:found.start()] + section + "\n" + page[found.start():]
    return page.rstrip() + "\n\n" + section


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    page = pathlib.Path(sys.argv[1])
    page.write_text(with_section(page.read_text(), sys.argv[2], sys.stdin.read()))


if __name__ == "__main__":
    main()
