#!/usr/bin/env python3
"""Puts a section into a Markdown page, in the place of its older self.

usage: some_bench | write_section.py PAGE NAME

A section stands between <!-- NAME: begin --> and <!-- NAME: end -->. A new one comes before the first
whose name is greater. What was measured and what was typed around it are left alone.
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
