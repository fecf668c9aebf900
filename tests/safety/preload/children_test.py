#!/usr/bin/env python3
"""Who listens where in a tree of programs with the preload library."""
import os
import pathlib
import socket
import stat
import unittest

from preload_case import DEADLINE, GUEST, Guest, ask_port, ask_socket, poll_until, threads


class Children(Guest):
    def child_of(self, process):
        return int(process.stdout.readline().split()[1])

    def test_a_child_does_not_keep_its_parents_port(self):
        process = self.start([GUEST, "fork"])
        child = self.child_of(process)
        self.assertTrue(poll_until(lambda: ask_port(self.port)))
        process.kill()
        process.wait()
        self.assertTrue(poll_until(lambda: ask_port(self.port) is None))
        self.assertEqual(threads(child), 1)

    def test_a_child_serves_on_a_socket_of_its_own(self):
        process = self.start([GUEST, "fork"], PPROF_CPP_CHILDREN="serve")
        path = self.socket_of(self.child_of(process))
        self.assertTrue(poll_until(lambda: ask_socket(path) if path.exists() else None))
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(path.parent.stat().st_mode), 0o700)
        self.assertTrue(poll_until(lambda: ask_port(self.port)))
        self.assertEqual(self.finish(process), (0, "", ""))
        self.assertEqual(list(path.parent.iterdir()), [])

    def test_every_process_of_a_tree_has_a_socket_and_stale_ones_go(self):
        stale = self.socket_of(2 ** 22 + 1)  # above the largest process id
        stale.parent.mkdir(mode=0o700)
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(stale))
        process = self.start(["sh", "-c", f"'{GUEST}' fork; true"], "unix")
        child = self.child_of(process)
        for pid in (process.pid, os.getpgid(child) and self.parent_of(child), child):
            path = self.socket_of(pid)
            answer = poll_until(lambda: ask_socket(path) if path.exists() else None)
            self.assertTrue(answer, pid)
            self.assertEqual(answer[1].split(b"\0")[0], b"sh" if pid == process.pid else GUEST.encode())
        self.assertFalse(stale.exists())
        self.assertEqual(self.finish(process), (0, "", ""))

    @staticmethod
    def parent_of(pid):
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rsplit(")", 1)[1].split()[1])

    def test_children_are_off_by_choice(self):
        process = self.start([GUEST, "fork"], "unix", PPROF_CPP_CHILDREN="off")
        child = self.child_of(process)
        self.assertTrue(poll_until(lambda: self.socket_of(process.pid).exists()))
        self.assertEqual(threads(child), 1)
        self.assertEqual(self.finish(process), (0, "", ""))

    def test_a_program_that_a_program_starts_leaves_the_port_alone(self):
        process = self.start(["sh", "-c", f"'{GUEST}' fork; true"])
        child = self.child_of(process)
        answer = poll_until(lambda: ask_port(self.port))
        self.assertEqual(answer[1].split(b"\0")[0], b"sh")
        self.assertEqual(threads(child), 1)
        self.assertEqual(self.finish(process), (0, "", ""))

    def test_a_daemon_takes_the_place_of_its_parent(self):
        process = self.start([GUEST, "daemon"])
        self.child_of(process)
        self.assertEqual(process.wait(DEADLINE), 0)
        self.assertTrue(poll_until(lambda: ask_port(self.port)))

    def test_short_lived_children_leave_nothing(self):
        process = self.start([GUEST, "fork_many"], "unix")
        self.assertEqual(self.finish(process), (0, "", ""))
        folder = self.folder / "pprof-cpp"
        self.assertEqual(list(folder.iterdir()) if folder.exists() else [], [])

    @unittest.skipUnless(os.geteuid() == 0, "only root can change the user")
    def test_a_worker_with_another_user_has_a_folder_of_its_own(self):
        process = self.start([GUEST, "other_user"], "unix")
        path = pathlib.Path(f"/tmp/pprof-cpp-65534/{self.child_of(process)}.sock")
        self.assertTrue(poll_until(lambda: ask_socket(path) if path.exists() else None))
        self.assertEqual(path.parent.stat().st_uid, 65534)
        self.assertEqual(self.finish(process)[0], 0)


if __name__ == "__main__":
    unittest.main()
