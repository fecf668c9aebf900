"""Samples memory, threads and open files of a process each second, and checks for growth."""

import csv
import os
import statistics
import threading
import time

COLUMNS = ["seconds", "resident_bytes", "threads", "open_files"]
PAGE_BYTES = os.sysconf("SC_PAGESIZE")


def read(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        resident_bytes = int(statm.read().split()[1]) * PAGE_BYTES
    threads, files = (len(os.listdir(f"/proc/{pid}/{what}")) for what in ("task", "fd"))
    return {"resident_bytes": resident_bytes, "threads": threads,
            "open_files": files + files_of_gate(pid)}


def files_of_gate(pid):
    """Number of descriptors that only the server's thread has."""
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/comm", encoding="ascii") as comm:
                if comm.read() == "pprof-http\n":
                    return len(os.listdir(f"/proc/{pid}/task/{task}/fd"))
        except OSError:
            pass  # the thread has ended
    return 0


class Sampler:
    """with Sampler(pid, path) as sampler: ...; then use sampler.rows."""

    def __init__(self, pid, path):
        self.pid, self.path, self.rows = pid, path, []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()

    def run(self):
        start = time.monotonic()
        with open(self.path, "w", newline="", encoding="ascii") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            while True:
                row = {"seconds": round(time.monotonic() - start, 1), **read(self.pid)}
                self.rows.append(row)
                writer.writerow(row)
                file.flush()
                if self.stop.wait(1):
                    return


class Course:
    """The course of a column after the first quarter, which is warm-up."""

    def __init__(self, rows, column):
        values = [row[column] for row in rows]
        quarter = len(values) // 4
        self.before = statistics.median(values[quarter:2 * quarter])
        self.after = statistics.median(values[3 * quarter:])
        self.highest = max(values)
        times = [row["seconds"] for row in rows[quarter:]]
        slope = statistics.linear_regression(times, values[quarter:]).slope
        self.trend = slope * (times[-1] - times[0])  # growth over that time, by a straight line
