#!/usr/bin/env python3
"""Draws the memory of the demo's runs, prints a table and checks the results.

usage: story_report.py --limit BYTES --svg FILE RUN.csv...     (the first run is the leaking one)

Exits with 1 if the leaking run did not reach 90 % of the limit or another one is not flat.
"""

import argparse
import csv
import math
import os
import sys
from html import escape

MIB = 1024 * 1024
WIDTH, HEIGHT = 920, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 190, 56, 52
COLORS = ["#c0392b", "#2c6fad", "#2e8b57"]
NAMES = {"none": "as it was", "purge": "purge now and then", "clear": "each request clears"}


class Run:
    def __init__(self, path):
        self.fix = os.path.splitext(os.path.basename(path))[0]
        with open(path, newline="", encoding="ascii") as file:
            self.rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
        if len(self.rows) < 4:
            sys.exit(f"story_report: {path} has too few samples to judge the run")
        self.last = self.rows[-1]
        self.peak = max(row["resident_bytes"] for row in self.rows)

    def reached(self, level):
        """The first time with at least `level` resident bytes, or None."""
        return next((r["seconds"] for r in self.rows if r["resident_bytes"] >= level), None)

    def is_flat(self, limit):
        """Never above half of the limit, and no higher at the end than in the middle."""
        third = len(self.rows) // 3
        mean = lambda rows: sum(row["resident_bytes"] for row in rows) / len(rows)
        growth = mean(self.rows[-third:]) - mean(self.rows[third:-third])
        return self.peak < limit / 2 and growth < limit / 10


def table(runs, limit):
    lines = [f"{'run':<12} {'requests':>9} {'peak memory':>12} {'entries at end':>15}  verdict"]
    failures = []
    for index, run in enumerate(runs):
        if index == 0:
            when = run.reached(0.9 * limit)
            verdict = f"climbs: 90 % of the limit after {when:.1f} s" if when else "does not climb"
            good = when is not None
        else:
            good = run.is_flat(limit)
            verdict = "flat" if good else "not flat"
        if not good:
            failures.append(f"--fix {run.fix} {verdict}")
        lines.append(f"--fix {run.fix:<6} {run.last['requests']:>9,.0f} {run.peak / MIB:>8.1f} MiB "
                     f"{run.last['context_entries']:>15,.0f}  {verdict}")
    return lines, failures


def nice_step(span, ticks):
    raw = span / ticks
    power = 10 ** math.floor(math.log10(raw))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= raw)


class Chart:
    def __init__(self, seconds, mib):
        self.seconds, self.mib, self.parts = seconds, mib, []

    def x(self, seconds):
        return LEFT + (WIDTH - LEFT - RIGHT) * seconds / self.seconds

    def y(self, mib):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * mib / self.mib

    def text(self, x, y, words, anchor="start", color="#333", size=13, weight="normal"):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}" '
                          f'font-size="{size}" font-weight="{weight}">{escape(words)}</text>')

    def line(self, x1, y1, x2, y2, color, width=1.0, dash=""):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
                          f'stroke="{color}" stroke-width="{width}" stroke-dasharray="{dash}"/>')

    def curve(self, rows, column, color, width, dash=""):
        points = " ".join(f"{self.x(r['seconds']):.1f},{self.y(r[column] / MIB):.1f}" for r in rows)
        self.parts.append(f'<polyline points="{points}" fill="none" stroke="{color}" '
                          f'stroke-width="{width}" stroke-dasharray="{dash}" '
                          'stroke-linejoin="round"/>')

    def axes(self):
        for step, most, vertical in ((nice_step(self.mib, 6), self.mib, False),
                                     (nice_step(self.seconds, 8), self.seconds, True)):
            for i in range(int(most / step) + 1):
                value = i * step
                if vertical:
                    self.text(self.x(value), HEIGHT - BOTTOM + 20, f"{value:g} s", "middle")
                else:
                    self.line(LEFT, self.y(value), WIDTH - RIGHT, self.y(value), "#e4e4e4")
                    self.text(LEFT - 8, self.y(value) + 4, f"{value:g} MiB", "end")

    def svg(self):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
                f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="Helvetica, Arial, sans-serif">\n'
                f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n'
                + "\n".join(self.parts) + "\n</svg>\n")


def spread(labels, least=32):
    """Separates labels that would overlap; each is [y, ...]; the lowest stays."""
    labels.sort(key=lambda label: -label[0])
    for below, label in zip(labels, labels[1:]):
        label[0] = min(label[0], below[0] - least)
    return labels


def draw(runs, limit):
    chart = Chart(max(run.last["seconds"] for run in runs) * 1.02,
                  max([limit] + [run.peak for run in runs]) / MIB * 1.06)
    chart.text(LEFT, 26, "Memory of demo_app under the same load", size=17, weight="bold")
    chart.text(LEFT, 44, "solid: resident, what a container limit counts; dashed: heap in use",
               size=12, color="#666")
    chart.axes()
    y = chart.y(limit / MIB)
    chart.line(LEFT, y, WIDTH - RIGHT, y, "#888", 1.5, "7 4")
    chart.text(WIDTH - RIGHT + 8, y + 4, f"limit {limit / MIB:.0f} MiB", color="#666")
    labels = []
    for run, color in zip(runs, COLORS):
        chart.curve(run.rows, "heap_in_use_bytes", color, 1.2, "4 3")
        chart.curve(run.rows, "resident_bytes", color, 2.4)
        labels.append([chart.y(run.last["resident_bytes"] / MIB), run, color])
    when = runs[0].reached(0.9 * limit)
    if when is not None:
        peak_y = chart.y(runs[0].peak / MIB)
        chart.parts.append(f'<circle cx="{chart.x(when):.1f}" cy="{peak_y:.1f}" r="5" '
                           f'fill="{COLORS[0]}"/>')
        chart.text(chart.x(when) - 10, peak_y - 8, "wget /debug/pprof/heap", "end", COLORS[0],
                   weight="bold")
    for y, run, color in spread(labels):
        y = min(y, HEIGHT - BOTTOM - 14)
        chart.text(WIDTH - RIGHT + 8, y + 4, f"--fix {run.fix}", color=color, weight="bold")
        chart.text(WIDTH - RIGHT + 8, y + 19, NAMES.get(run.fix, ""), color=color, size=12)
    return chart.svg()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=int, required=True)
    parser.add_argument("--svg", required=True)
    parser.add_argument("runs", nargs="+")
    options = parser.parse_args()
    runs = [Run(path) for path in options.runs]
    with open(options.svg, "w", encoding="utf-8") as file:
        file.write(draw(runs, options.limit))
    lines, failures = table(runs, options.limit)
    print("\n".join(lines))
    if failures:
        print("The story did not come out: " + "; ".join(failures) + ".", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
