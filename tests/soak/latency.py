"""Starts latency_probe and compares its results for two servers."""

import csv
import statistics
import subprocess


class Probe:
    """A running latency_probe. Measures each port in turn, in slices of `slice_seconds`."""

    def __init__(self, binary, path, seconds, slice_seconds, per_second, *ports):
        self.path = path
        with open(path, "w", encoding="ascii") as out:
            command = [binary, seconds, slice_seconds, per_second, *ports]
            self.process = subprocess.Popen([str(word) for word in command], stdout=out)

    def rows(self):
        """Waits for it to exit."""
        if self.process.wait() != 0:
            raise RuntimeError(f"latency_probe ended with {self.process.returncode}")
        with open(self.path, encoding="ascii") as file:
            return [{name: float(value) for name, value in row.items()}
                    for row in csv.DictReader(file)]


class Comparison:
    """Server 0 against server 1, in pairs of neighbouring slices."""

    def __init__(self, rows):
        self.requests = int(sum(row["requests"] for row in rows))
        self.errors = int(sum(row["errors"] for row in rows))
        rounds = {}
        for row in rows:
            if row["requests"]:
                rounds.setdefault(row["round"], {})[row["server"]] = row
        self.pairs = [pair for pair in rounds.values() if len(pair) == 2]

    def microseconds(self, server, column):
        return statistics.median(pair[server][column] for pair in self.pairs)

    def ratios(self, column):
        return sorted(pair[0][column] / pair[1][column] for pair in self.pairs)

    def ratio_quartiles(self, column):
        return statistics.quantiles(self.ratios(column), n=4)

    def median_within(self, column):
        """The 95 % confidence interval of the ratios' median, by order statistics."""
        ratios = self.ratios(column)
        margin = 0.98 * len(ratios) ** 0.5
        middle = (len(ratios) - 1) / 2
        return (ratios[max(0, int(middle - margin))],
                ratios[min(len(ratios) - 1, int(middle + margin + 1))])
