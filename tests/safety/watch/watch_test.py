#!/usr/bin/env python3
"""Captures of programs that die at their limit of memory, or break another rule."""

import os
import re
import signal
import unittest

from memory_limit import limit_address_space, memory_group
from watch_case import MIB, WatchCase, read
from polling import poll_until


class Death(WatchCase):
    def test_at_the_limit_of_a_group(self):
        with memory_group(150 * MIB) as group:
            if group is None:
                self.skipTest("no memory cgroup can be made here")
            leaker = self.start(10, before=group.enter)  # MiB/s: 0.7 s for each capture
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
                          read(f"{self.captures_at}/{names[1]}/death.txt"))
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
        self.quit(self.start(1, 1))
        self.assertEqual(self.captures(), [])


class Rules(WatchCase):
    """Each rule with a program that breaks it."""

    def captures_of(self, action, settings):
        leaker = self.start(1000, 1, settings=f"warm-up=0 cooldown=1h {settings}")
        try:
            self.assertTrue(leaker.stdout.readline().startswith("port"))
            self.assertEqual(leaker.stdout.readline(), "full\n")
            leaker.stdin.write(action + "\n")
            leaker.stdin.flush()
            self.assertTrue(poll_until(self.captures), action)
            yield leaker
        finally:
            leaker.kill()
            leaker.communicate()

    def only_capture(self, action, settings, reason):
        for _ in self.captures_of(action, settings):
            name, = self.captures()
            self.assertEqual(self.assert_whole(name)["reason"], reason)
            dump = f"{self.captures_at}/{name}/goroutine.txt"
            self.assertTrue(poll_until(lambda: os.path.exists(dump)))
            return read(dump)

    def test_a_deadlock(self):
        dump = self.only_capture("deadlock", "lock=1h", "deadlock")
        self.assertIn("[deadlock]", dump)
        self.assertIn("HoldAndWait", dump)

    def test_a_wait_for_a_mutex(self):
        self.assertIn("sync.Mutex.Lock", self.only_capture("lock", "lock=1s", "lock"))

    def test_a_wait_for_readers(self):
        self.assertIn("sync.RWMutex.Lock", self.only_capture("rwlock", "lock=1s", "lock"))

    def test_threads(self):
        self.assertIn("Idle", self.only_capture("threads", "threads=50", "threads"))

    def test_cpu(self):
        for _ in self.captures_of("spin", "cpu=0.1 cpu-for=1s"):
            name, = self.captures()
            self.assertEqual(self.assert_whole(name)["reason"], "cpu")
            self.assertTrue(poll_until(
                lambda: os.path.exists(f"{self.captures_at}/{name}/cpu.pb.gz")))
            self.assertIn("Spin", self.top(name, "cpu.pb.gz"))

    def test_a_signal(self):
        leaker = self.asked()
        self.assertTrue(poll_until(self.captures))
        self.quit(leaker)
        self.assertTrue(self.captures()[0].endswith(".signal"))


class Followers(WatchCase):
    def test_a_hook_gets_the_folder_and_nothing_else(self):
        hook = self.folder.name + "/hook"
        with open(hook, "w") as script:
            script.write('#!/bin/sh\n'
                         f'{{ echo "$@"; ls /proc/$$/fd; env; }} >{self.folder.name}/out.part\n'
                         f'mv {self.folder.name}/out.part {self.folder.name}/out\n')
        os.chmod(hook, 0o755)
        leaker = self.asked(f"hook={hook},--first,$(reboot)")
        self.assertTrue(poll_until(lambda: os.path.exists(self.folder.name + "/out")))
        self.quit(leaker)
        out = read(self.folder.name + "/out")
        name, = self.captures()
        self.assertEqual(out.splitlines()[0], f"--first $(reboot) {self.captures_at}/{name}")
        self.assertNotIn("PPROF_CPP_", out)
        descriptors = [line for line in out.splitlines()[1:] if line.isdigit()]
        self.assertLessEqual(set(descriptors), {"0", "1", "2", "10", "11"})  # 10, 11: the shell's

    def test_a_hook_that_cannot_run_harms_nothing(self):
        leaker = self.asked("hook=/nowhere/hook")
        self.assertTrue(poll_until(self.captures))
        self.quit(leaker)

if __name__ == "__main__":
    unittest.main()
