#!/usr/bin/env python3
"""Captures of programs that die at their limit of memory."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
import urllib.error
import urllib.request

sys.path[:0] = [os.path.dirname(__file__), os.path.dirname(__file__) + "/../.."]
from memory_limit import limit_address_space, memory_group
from polling import poll_until

LEAKER = os.environ["LEAKER"]
PPROF = os.environ["PPROF"]
COMMAND = os.environ["COMMAND"]
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
        leaker = self.start(1, 1)
        leaker.communicate("quit\n", timeout=60)
        self.assertEqual(leaker.returncode, 0)
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
        leaker = self.start(1000, 1, settings="signal=SIGUSR2")
        leaker.stdout.readline()
        leaker.send_signal(signal.SIGUSR2)
        self.assertTrue(poll_until(self.captures))
        leaker.communicate("quit\n", timeout=60)
        self.assertEqual(leaker.returncode, 0)
        self.assertTrue(self.captures()[0].endswith(".signal"))


class Followers(WatchCase):
    def test_a_hook_gets_the_folder_and_nothing_else(self):
        hook = self.folder.name + "/hook"
        with open(hook, "w") as script:
            script.write('#!/bin/sh\n'
                         f'{{ echo "$@"; ls /proc/$$/fd; env; }} >{self.folder.name}/out.part\n'
                         f'mv {self.folder.name}/out.part {self.folder.name}/out\n')
        os.chmod(hook, 0o755)
        leaker = self.start(1000, 1, settings=f"signal=SIGUSR2 hook={hook},--first,$(reboot)")
        leaker.stdout.readline()
        leaker.send_signal(signal.SIGUSR2)
        self.assertTrue(poll_until(lambda: os.path.exists(self.folder.name + "/out")))
        leaker.communicate("quit\n", timeout=60)
        out = read(self.folder.name + "/out")
        name, = self.captures()
        self.assertEqual(out.splitlines()[0], f"--first $(reboot) {self.captures_at}/{name}")
        self.assertNotIn("PPROF_CPP_", out)
        descriptors = [line for line in out.splitlines()[1:] if line.isdigit()]
        self.assertLessEqual(set(descriptors), {"0", "1", "2", "10", "11"})  # 10, 11: the shell's

    def test_a_hook_that_cannot_run_harms_nothing(self):
        leaker = self.start(1000, 1, settings="signal=SIGUSR2 hook=/nowhere/hook")
        leaker.stdout.readline()
        leaker.send_signal(signal.SIGUSR2)
        self.assertTrue(poll_until(self.captures))
        leaker.communicate("quit\n", timeout=60)
        self.assertEqual(leaker.returncode, 0)


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
        self.assertEqual(leaker.communicate("quit\n", timeout=60), ("", ""))
        self.assertEqual(leaker.returncode, 0)

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
        for _ in range(3):
            for leaker in leakers:
                leaker.send_signal(signal.SIGUSR2)
            time.sleep(0.3)
        self.assertTrue(poll_until(lambda: len(self.captures()) == 6), self.captures())
        for name in self.captures():
            self.assert_whole(name)
        leakers[0].kill()
        leakers[0].communicate()
        self.assert_whole(self.taken(leakers[1]))
        self.end(leakers[1])

    def test_almost_no_memory(self):
        with memory_group(400 * MIB) as group:
            if group is None:
                self.skipTest("no memory cgroup of version 1 can be made here")
            leaker = self.begin(1000, 100, before=group.enter)
            time.sleep(1)  # the names are looked up meanwhile
            with open(f"{group.folder}/memory.limit_in_bytes", "w") as limit:
                limit.write(str(group.read("memory.usage_in_bytes") + MIB // 2))
            # The rules of memory see the new limit first.
            self.assertTrue(poll_until(self.captures))
            name = self.captures()[0]
            about = self.assert_whole(name)
            self.assertGreater(about["used_bytes"], 0.98 * about["limit_bytes"])
            self.assert_names_leak(name)
            self.end(leaker)


class Endpoints(WatchCase):
    def ask(self, path, method="GET", **headers):
        request = urllib.request.Request(f"{self.base}/{path}", method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def post(self, path):
        return self.ask(path, "POST", **{"Content-Type": "application/json"})

    def command(self, *words):
        done = subprocess.run([COMMAND, *words], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def listed(self):
        status, body = self.ask("captures")
        self.assertEqual(status, 200)
        return json.loads(body)

    def test_take_list_fetch_and_remove(self):
        leaker = self.start(1000, 40)
        port = leaker.stdout.readline().split()[1]
        self.assertEqual(leaker.stdout.readline(), "full\n")
        self.base = f"http://127.0.0.1:{port}/debug/pprof"
        self.assertEqual(self.listed(), {"captures": [], "deaths": []})
        # A form of another page cannot ask for one.
        self.assertEqual(self.ask("captures", "POST")[0], 415)
        status, body = self.post("captures")
        self.assertEqual(status, 200, body)
        name = json.loads(body)["name"]
        self.assert_whole(name)
        self.assert_names_leak(name)

        capture, = self.listed()["captures"]
        self.assertEqual([capture[key] for key in ("name", "reason", "pid", "before_death")],
                         [name, "asked", leaker.pid, False])
        self.assertEqual(capture["files"], sorted(os.listdir(f"{self.captures_at}/{name}")))
        for file in capture["files"]:
            with open(f"{self.captures_at}/{name}/{file}", "rb") as original:
                self.assertEqual(self.ask(f"captures/{name}/{file}"), (200, original.read()))
        status, body = self.ask(f"captures/{name}.tar.gz")
        self.assertEqual(status, 200)
        with tarfile.open(fileobj=io.BytesIO(body)) as tar:
            self.assertEqual(tar.getnames(), [f"{name}/{file}" for file in capture["files"]])
            heap = tar.extractfile(f"{name}/heap.pb.gz").read()
        with open(f"{self.captures_at}/{name}/heap.pb.gz", "rb") as original:
            self.assertEqual(heap, original.read())

        listing = self.command("captures", f"127.0.0.1:{port}")
        self.assertRegex(listing, rf"^{name}\t\d+ KiB\t\n$")
        archive = f"{self.folder.name}/last.tar.gz"
        self.assertEqual(self.command("captures", f"127.0.0.1:{port}", "last", "-o", archive),
                         archive + "\n")
        with tarfile.open(archive) as tar:
            self.assertIn(f"{name}/heap.pb.gz", tar.getnames())

        for nothing in ("captures/", f"captures/{name}", f"captures/{name}/none", "captures/x.tar.gz",
                        f"captures/{name}/..%2f..%2fcaptures", "captures/../../etc/passwd",
                        f"captures/{name}/", "capturesx", f"captures/{name}/.run"):
            self.assertIn(self.ask(nothing)[0], (200, 404) if nothing == "captures/" else (400, 404),
                          nothing)
        self.assertEqual(self.post(f"captures/{name}x/delete")[0], 404)
        self.assertEqual(self.post(f"captures/{name}/delete"), (200, b"ok\n"))
        self.assertEqual(self.listed()["captures"], [])
        self.assertEqual(self.captures(), [])
        leaker.communicate("quit\n", timeout=60)

    def test_without_a_watch(self):
        environment = {name: text for name, text in os.environ.items() if name != "PPROF_CPP_WATCH"}
        leaker = subprocess.Popen([LEAKER, "1000", "1"], env=environment, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        self.base = f"http://127.0.0.1:{leaker.stdout.readline().split()[1]}/debug/pprof"
        self.assertEqual(self.listed(), {"captures": [], "deaths": []})
        self.assertEqual(self.post("captures"), (404, b"nothing watches this process\n"))
        leaker.communicate("quit\n", timeout=60)


if __name__ == "__main__":
    unittest.main()
