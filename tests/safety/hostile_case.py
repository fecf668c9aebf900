"""A server that is attacked, and the checks after each attack: it answers, and its memory, threads
and files are the same as before."""

import contextlib
import os
import resource
import time
import unittest

from door import Door, poll_until

PROFILE = "/debug/pprof/door.small"
RECORDING = "/debug/pprof/door.recorded?seconds=300"
BIG = "/debug/pprof/door.big"
GOOD = b"GET /debug/pprof/door.small HTTP/1.1\r\nHost: localhost\r\n\r\n"


class HostileCase(unittest.TestCase):
    """One server for the class, so that leaks of one case show in the next."""

    binary = ""
    slack_bytes = 4 << 20  # freed memory that the allocator retains

    @classmethod
    def setUpClass(cls):
        cls.door = Door(cls.binary)
        cls.idle = cls.door.idle_files()  # nobody has knocked yet
        for _ in range(20):  # warm: caches of names, pages of stacks
            cls.door.get(PROFILE)
            cls.door.post("/debug/pprof/symbol", b"0x1+" * (1 << 18))

    @classmethod
    def tearDownClass(cls):
        assert cls.door.stop() == 0

    def setUp(self):
        self.settle()
        self.before = (self.door.threads(), self.door.resident_bytes())

    def settle(self):
        """Connections drain for up to a second."""
        self.assertTrue(poll_until(lambda: self.door.open_files() <= self.idle), "files")

    def tearDown(self):
        self.settle()
        self.assertEqual(self.door.get(PROFILE).status, 200)
        # Less: a thread that read files for the warm-up, and was joined, was listed yet.
        self.assertTrue(poll_until(lambda: self.door.threads() <= self.before[0]), "threads")
        self.settle()
        if os.environ.get("PPROF_CPP_SANITIZE"):
            return  # a sanitizer retains freed memory, to detect its use
        grown = self.door.resident_bytes() - self.before[1]
        self.assertLess(grown, self.slack_bytes, "resident memory")

    @contextlib.contextmanager
    def without_descriptors(self):
        """The server may open three more files, and 50 clients are there."""
        limits = resource.prlimit(self.door.pid, resource.RLIMIT_NOFILE)
        taken = self.door.server_files()  # from 0 without a gap, and the listener above any limit
        tight = len([fd for fd in taken if fd < 100]) + 3
        resource.prlimit(self.door.pid, resource.RLIMIT_NOFILE, (tight, limits[1]))
        clients = [self.door.connect(b"GET ") for _ in range(50)]
        self.assertTrue(poll_until(lambda: len(self.door.server_files()) == len(taken) + 3))
        yield
        for client in clients:
            client.close()
        resource.prlimit(self.door.pid, resource.RLIMIT_NOFILE, limits)

    def leave_a_recording(self, leave):
        """Seconds from when the client left to the recording's end."""
        client = self.door.connect(f"GET {RECORDING} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        self.assertTrue(poll_until(lambda: self.door.count("door.recording") == 1))
        leave(client)
        start = time.monotonic()
        self.assertTrue(poll_until(lambda: self.door.count("door.recording") == 0))
        return time.monotonic() - start

    def expect(self, status, data):
        answer = self.door.send(data)
        self.assertEqual(answer.status, status, data[:80])
        self.assertEqual(answer.headers["x-content-type-options"], "nosniff")
        self.assertEqual(answer.headers["connection"], "close")
        return answer
