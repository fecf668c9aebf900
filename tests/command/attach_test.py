#!/usr/bin/env python3
"""pprof-cpp attach: a running program gets the profiler and notices nothing."""

import gzip
import os
import shlex
import signal
import subprocess
import sys
import unittest

from command_case import COMMAND, HOST, CommandCase, poll_until

PROGRAM = os.environ["ATTACH_HOST"]
# 1,000 for a soak; each starts a program, attaches, asks and ends it.
ROUNDS = int(os.environ.get("PPROF_CPP_ATTACHES", "10"))


class Program:
    """A program that was started without the profiler."""

    def __init__(self, case, *arguments, **options):
        self.process = subprocess.Popen(arguments, env=case.environment, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, **options)
        self.pid = str(self.process.pid)
        if self.process.stdout.readline() != "ready\n":
            raise AssertionError(f"{arguments} is not ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def end(self):
        """Its last words."""
        return self.process.communicate("", timeout=60)[0]


class Attach(CommandCase):
    def attach(self, program):
        result = self.pprof("attach", program.pid)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertRegex(result.stdout, r"^attach_host \(\d+\) answers at unix:.*; one of its threads "
                                        r"stood still for \d+ ms\n$")

    def test_the_program_can_be_asked_from_then_on(self):
        with Program(self, PROGRAM, "compute") as program:
            self.assert_refused(self.pprof("get", program.pid, "heap"), 3, "pprof-cpp attach")
            self.attach(program)
            recorded = self.pprof("get", program.pid, "profile", "--seconds", "1", "-o", "cpu.pb.gz")
            self.assertEqual(recorded.returncode, 0, recorded.stderr)
            with gzip.open(os.path.join(self.folder, "cpu.pb.gz")) as profile:
                self.assertIn(b"Compute", profile.read())
            self.assertIn("EndWithStdin", self.pprof("stacks", program.pid).stdout)
            self.assert_refused(self.pprof("get", program.pid, "heap"), 1, "501", "LD_PRELOAD")
            self.assert_refused(self.pprof("attach", program.pid), 1, "answers already at unix:")
            self.assertEqual(program.end(), "all was right\n")

    def test_rounds_of_registers_allocator_and_waits(self):
        for mode in ("compute", "malloc", "waits"):
            for _ in range(ROUNDS):
                with self.subTest(mode=mode), Program(self, PROGRAM, mode) as program:
                    self.attach(program)
                    self.assertEqual(self.pprof("get", program.pid, "cmdline").returncode, 0)
                    self.assertEqual((program.end(), program.process.returncode),
                                     ("all was right\n", 0))

    def test_a_handler_is_no_safe_point(self):
        with Program(self, PROGRAM, "handler") as program:
            refused = self.pprof("attach", program.pid)
            self.assert_refused(refused, 1, "loaded safely", "nothing was changed")
            self.assertEqual(program.end(), "all was right\n")

    def test_a_program_that_cannot_see_the_library_gets_it_through_memory(self):
        hidden = os.path.join(self.folder, "hidden")
        os.mkdir(hidden)
        built = shlex.quote(os.path.dirname(os.path.dirname(COMMAND)))
        code = f"mount --bind {hidden} {built} && exec {HOST} -c " \
               "\"import sys; print('ready', flush=True); sys.stdin.read()\""
        if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
            self.skipTest("no right to make a mount namespace")
        with Program(self, "unshare", "-m", "sh", "-c", code) as program:
            result = self.pprof("attach", program.pid)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(self.pprof("get", program.pid, "goroutine?debug=1").returncode, 0)

    def test_refusals_are_sentences(self):
        self.assert_refused(self.pprof("attach", "no-such-program"), 3, "no-such-program")
        self.assert_refused(self.pprof("attach", "4194304"), 3, "no process 4194304")
        with Program(self, PROGRAM, "compute") as program:
            program.process.send_signal(signal.SIGSTOP)
            stopped = poll_until(lambda: self.pprof("attach", program.pid).stderr.find("T (stopped)") > 0)
            self.assertTrue(stopped)
            program.process.send_signal(signal.SIGCONT)
            self.assertEqual(program.end(), "all was right\n")


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=1)
