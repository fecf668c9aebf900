"""The cases of hostile_clients_test.py in a loop, against a running, busy server.

    hostile_clients.py PORT PID SECONDS RESULT.json

Omits cases that inspect the test's own server, need it to be idle, or use up its descriptors; adds
one that leaves during a recording.
"""

import collections
import json
import os
import pathlib
import random
import resource
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "safety"))
import hostile_clients_test as cases  # noqa: E402
from door import Door, reset  # noqa: E402

DESCRIPTORS = 4096  # of this process: the largest case opens 1000 connections
LEFT_OUT = {
    "test_clients_that_read_nothing_hold_no_worker",  # its first half is run: ask_and_read_nothing
    "test_leaving_during_a_recording_ends_it",
    "test_head_starts_nothing",
    "test_more_recordings_than_allowed",
    "test_no_file_descriptors_left",
    "test_refusals_are_counted",
    "test_escaped_line_ends_do_not_split_the_answer",  # cmdline reads no query
}

cases.PROFILE = "/debug/pprof/cmdline"  # answered at once, by every server, under any limit
cases.GOOD = b"GET /debug/pprof/cmdline HTTP/1.1\r\nHost: localhost\r\n\r\n"
cases.BIG = "/debug/pprof/goroutine?debug=2"


class RunningServer(Door):
    """A server that is already running."""

    def __init__(self, port, pid):  # pylint: disable=super-init-not-called
        self.port, self.pid = port, pid

    def get(self, path, *headers, host="localhost", method="GET"):
        for _ in range(20):  # a full queue is one of the documented answers
            answer = super().get(path, *headers, host=host, method=method)
            if answer.status != 503:
                break
            time.sleep(0.1)
        return answer


class LeavingARecording(unittest.TestCase):
    def test_leaving_during_a_recording(self):
        for path in ("profile?seconds=30", "wall?seconds=30", "heap?seconds=30"):
            request = f"GET /debug/pprof/{path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
            client = cases.HostileCase.door.connect(request.encode())
            time.sleep(random.uniform(0, 0.5))
            reset(client)


def hostile_cases():
    for group in (cases.Sizes, cases.Nonsense, cases.Slow, cases.Leaving, cases.Exhaustion):
        for name in unittest.TestLoader().getTestCaseNames(group):
            if name not in LEFT_OUT:
                yield group, name
    yield cases.Slow, "ask_and_read_nothing"
    yield LeavingARecording, "test_leaving_during_a_recording"


def main():
    port, pid, seconds, result = sys.argv[1:]
    os.nice(5)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, hard), hard))
    door = RunningServer(int(port), int(pid))
    base = cases.HostileCase
    base.door, base.idle = door, door.idle_files()
    base.setUpClass = base.tearDownClass = classmethod(lambda cls: None)
    base.setUp = base.tearDown = lambda self: None

    end = time.monotonic() + float(seconds)
    runs, failures = collections.Counter(), []
    while time.monotonic() < end:
        for group, name in hostile_cases():
            if time.monotonic() > end:
                break
            outcome = unittest.TestResult()
            group(name).run(outcome)
            runs[name] += 1
            failures += [f"{name}: {text}" for _, text in outcome.failures + outcome.errors]
    with open(result, "w", encoding="utf-8") as file:
        json.dump({"runs": runs, "failures": failures}, file, indent=1)


if __name__ == "__main__":
    main()
