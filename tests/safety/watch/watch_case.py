"""Programs that are watched, and their captures."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path[:0] = [os.path.dirname(__file__) + "/../.."]

LEAKER = os.environ["LEAKER"]
PPROF = os.environ["PPROF"]
MIB = 1 << 20
NAME = re.compile(r"\d{8}T\d{6}Z\.\d+\.[a-z0-9]+(-\d+)?")


def read(path):
    with open(path) as file:
        return file.read()


class WatchCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.captures_at = self.folder.name + "/captures"

    def start(self, *arguments, settings="", before=None, **options):
        environment = dict(os.environ, PPROF_CPP_WATCH=f"{self.captures_at} {settings}".strip())
        return subprocess.Popen([LEAKER, *map(str, arguments)], env=environment, preexec_fn=before,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                stderr=subprocess.PIPE, start_new_session=True, **options)

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
        about = json.loads(read(f"{folder}/capture.json"))
        self.assertEqual(name.split(".")[2].split("-")[0], about["reason"])
        self.assertIn("leaker", read(f"{folder}/cmdline"))
        self.assertIn("VmRSS", read(f"{folder}/status"))
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

    def asked(self, settings=""):
        """A process that stays, asked for a capture by a signal."""
        leaker = self.start(1000, 1, settings=f"signal=SIGUSR2 {settings}")
        leaker.stdout.readline()
        leaker.send_signal(signal.SIGUSR2)
        return leaker

    def quit(self, leaker):
        """Its output and its errors."""
        said = leaker.communicate("quit\n", timeout=60)
        self.assertEqual(leaker.returncode, 0, said)
        return said
