#!/usr/bin/env python3
"""Prints the section "Symbolizing" of docs/performance.md as it is there already.

usage: 50_symbolizing.py BUILD_FOLDER

It is measured on binaries of gigabytes by scripts/bench_symbolize.sh --write, not by every run.
"""
import pathlib
import re

page = pathlib.Path(__file__).resolve().parents[3] / "docs" / "performance.md"
text = page.read_text() if page.exists() else ""
found = re.search(r"<!-- symbolizing: begin -->.*<!-- symbolizing: end -->", text, re.DOTALL)
print(found.group(0) if found else "## Symbolizing\n\nNot measured: scripts/bench_symbolize.sh --write.")
