#!/usr/bin/env python3
"""Captures while something happens to their folder or their process."""

import os
import shutil
import signal
import subprocess
import time
import unittest

from memory_limit import memory_group
from watch_case import MIB, WatchCase
from polling import poll_until


class Faults(WatchCase):
    """Whatever happens to the folder, the process lives, and nothing is half."""

    def taken(self, leaker):
        """Asks for a capture by the signal; the one that is new, or None within 2 s."""
        before = set(self.captures())
        leaker.send_signal(signal.SIGUSR2)
        new = poll_until(lambda: set(self.captures()) - before, 2)
        return new.pop() if new else None

    def begin(self, *arguments, **options):
        leaker = self.start(*arguments, settings="signal=SIGUSR2 cooldown=0", **options)
        self.assertTrue(leaker.stdout.readline().startswith("port"))
        self.assertEqual(leaker.stdout.readline(), "full\n")
        return leaker

    def end(self, leaker):
        self.assertEqual(self.quit(leaker), ("", ""))

    def mount(self, options):
        os.mkdir(self.captures_at)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"{options},mode=700", "tmpfs",
                               self.captures_at], capture_output=True)
        if done.returncode != 0:
            self.skipTest("no file system can be mounted here")
        self.addCleanup(lambda: subprocess.run(["umount", "-l", self.captures_at]))

    def test_a_full_disk(self):
        self.mount("size=300k")
        leaker = self.begin(1000, 1)
        first = self.taken(leaker)
        self.assert_whole(first)
        with open(f"{self.captures_at}/.fill", "wb", buffering=0) as fill:
            try:
                while True:
                    fill.write(bytes(4096))
            except OSError:
                pass
        # The old one makes room for the new one, in another second: its name would be free again.
        time.sleep(1.1)
        second = self.taken(leaker)
        self.assert_whole(second)
        self.assertEqual(self.captures(), [second])
        self.end(leaker)

    def test_a_disk_that_is_full_of_other_things(self):
        self.mount("size=16k")
        leaker = self.begin(1000, 1)
        self.assertIsNone(self.taken(leaker))
        self.assertEqual(self.captures(), [])
        self.end(leaker)

    def test_a_read_only_folder(self):
        self.mount("ro")
        leaker = self.start(1000, 1)
        self.assertIn("Read-only file system", leaker.communicate("quit\n", timeout=60)[1])
        self.assertEqual(leaker.returncode, 1)

    def test_a_folder_that_vanishes(self):
        leaker = self.begin(1000, 1)
        shutil.rmtree(self.captures_at)
        self.assertIsNone(self.taken(leaker))
        self.end(leaker)

    def test_a_fork(self):
        leaker = self.begin(1000, 1)
        leaker.stdin.write("fork\n")
        leaker.stdin.flush()
        self.assertEqual(leaker.stdout.readline(), "child ok\n")
        name = self.taken(leaker)
        self.assertEqual(name.split(".")[1], str(leaker.pid))
        self.assertEqual(sorted(name.split(".")[2] for name in self.captures()),
                         ["childs", "signal"])
        os.killpg(leaker.pid, signal.SIGKILL)
        leaker.communicate()

    def test_two_processes_in_one_folder(self):
        leakers = [self.begin(1000, 1), self.begin(1000, 1)]
        for count in (2, 4, 6):
            for leaker in leakers:
                leaker.send_signal(signal.SIGUSR2)
            self.assertTrue(poll_until(lambda: len(self.captures()) == count), self.captures())
        for name in self.captures():
            self.assert_whole(name)
        leakers[0].kill()
        leakers[0].communicate()
        self.assert_whole(self.taken(leakers[1]))
        self.end(leakers[1])

    def test_almost_no_memory(self):
        with memory_group(400 * MIB) as group:
            if group is None:
                self.skipTest("no memory cgroup can be made here")
            leaker = self.begin(1000, 100, before=group.enter)
            time.sleep(1)  # the names are looked up meanwhile
            group.limit(group.usage() + MIB // 2)
            # The rules of memory see the new limit first.
            self.assertTrue(poll_until(self.captures))
            name = self.captures()[0]
            about = self.assert_whole(name)
            self.assertGreater(about["used_bytes"], 0.98 * about["limit_bytes"])
            self.assert_names_leak(name)
            self.end(leaker)

if __name__ == "__main__":
    unittest.main()
