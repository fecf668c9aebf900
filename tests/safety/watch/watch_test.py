#!/usr/bin/env python3
"""Captures of programs that die at their limit of memory."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path[:0] = [os.path.dirname(__file__), os.path.dirname(__file__) + "/../.."]
from memory_limit import limit_address_space, memory_group
from polling import poll_until

LEAKER = os.environ["LEAKER"]
PPROF = os.environ["PPROF"]
MIB = 1 << 20
NAME = re.compile(r"\d{8}T\d{6}Z\.\d+\.[a-z0-9]+(-\d+)?")


class WatchCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.captures_at = self.folder.name + "/captures"

    def tearDown(self):
        self.folder.cleanup()

    def start(self, *arguments, settings="", before=None, **options):
        environment = dict(os.environ, PPROF_CPP_WATCH=f"{self.captures_at} {settings}".strip())
        return subprocess.Popen([LEAKER, *map(str, arguments)], env=environment, preexec_fn=before,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                stderr=subprocess.PIPE, **options)

    def captures(self):
        if not os.path.isdir(self.captures_at):
            return []
        return sorted(name for name in os.listdir(self.captures_at) if not name.startswith("."))

    def assert_whole(self, name):
        """A capture with everything that the first part writes, and private."""
        folder = f"{self.captures_at}/{name}"
        self.assertRegex(name, NAME)
        self.assertEqual(os.stat(folder).st_mode & 0o7777, 0o700)
        for file in os.listdir(folder):
            self.assertEqual(os.stat(f"{folder}/{file}").st_mode & 0o7777, 0o600, file)
        about = json.load(open(f"{folder}/capture.json"))
        self.assertEqual(name.split(".")[2].split("-")[0], about["reason"])
        self.assertIn("leaker", open(f"{folder}/cmdline").read())
        self.assertIn("VmRSS", open(f"{folder}/status").read())
        return about

    def top(self, name, file="heap.pb.gz"):
        done = subprocess.run([PPROF, "-top", "-cum", f"{self.captures_at}/{name}/{file}"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def assert_names_leak(self, name):
        found = re.search(r"(\S+)% +(\S+)% +\S+ +(\S+)% +\S*.*LeakOneBlock", self.top(name))
        self.assertIsNotNone(found, self.top(name))
        self.assertGreater(float(found.group(1)), 60)


class Death(WatchCase):
    def test_at_the_limit_of_a_group(self):
        with memory_group(150 * MIB) as group:
            if group is None:
                self.skipTest("no memory cgroup of version 1 can be made here")
            leaker = self.start(20, before=group.enter)
            _, errors = leaker.communicate(timeout=60)
            self.assertEqual(leaker.returncode, -signal.SIGKILL, errors)
            self.assertEqual(errors, "")
            names = self.captures()
            self.assertEqual([name.split(".")[2] for name in names], ["memory90", "memory95"])
            for name in names:
                about = self.assert_whole(name)
                self.assertEqual(about["limit_bytes"], 150 * MIB)
                self.assertGreater(about["used_bytes"], 134 * MIB)
                self.assert_names_leak(name)
            self.assertIn("memory.stat", os.listdir(f"{self.captures_at}/{names[0]}"))

            # The next one says how it ended.
            again = self.start(1, 1, before=group.enter)
            self.assertRegex(again.communicate("quit\n", timeout=60)[1],
                             f"^pprof-cpp: process {leaker.pid} was killed at its memory limit; last "
                             f"capture {names[1]}, [0-9] s before\n$")
            self.assertIn("killed at its memory limit",
                          open(f"{self.captures_at}/{names[1]}/death.txt").read())
            # And the one after that has nothing to say.
            last = self.start(1, 1, before=group.enter)
            self.assertEqual(last.communicate("quit\n", timeout=60)[1], "")

    def test_of_a_process_without_more_address_space(self):
        leaker = self.start(100, before=lambda: limit_address_space(1 << 30))
        self.assertTrue(poll_until(lambda: len(self.captures()) == 2), self.captures())
        leaker.kill()
        leaker.communicate()
        for name in self.captures():
            self.assertEqual(self.assert_whole(name)["limit"], "RLIMIT_AS")
            self.assert_names_leak(name)


class Start(WatchCase):
    def refused(self, folder_mode=None, **options):
        if folder_mode is not None:
            os.mkdir(self.captures_at)
            os.chmod(self.captures_at, folder_mode)
        leaker = self.start(1, 1, **options)
        _, errors = leaker.communicate("quit\n", timeout=60)
        self.assertEqual(leaker.returncode, 1)
        return errors

    def test_is_refused_in_a_folder_of_others(self):
        self.assertIn("others may write to", self.refused(folder_mode=0o777))

    def test_is_refused_behind_a_link(self):
        os.mkdir(self.folder.name + "/real")
        os.symlink("real", self.captures_at)
        self.assertIn("captures", self.refused())
        self.assertEqual(os.listdir(self.folder.name + "/real"), [])

    def test_is_refused_with_a_setting_that_is_none(self):
        self.assertIn("memory=many has a value that it cannot have", self.refused(settings="memory=many"))
        self.assertIn("outside of 1 to 99", self.refused(settings="memory=120"))
        self.assertIn("no setting memroy", self.refused(settings="memroy=90"))

    def test_leaves_no_capture_of_a_calm_process(self):
        leaker = self.start(1, 1)
        leaker.communicate("quit\n", timeout=60)
        self.assertEqual(leaker.returncode, 0)
        self.assertEqual(self.captures(), [])


if __name__ == "__main__":
    unittest.main()
