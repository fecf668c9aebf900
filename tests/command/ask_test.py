#!/usr/bin/env python3
"""pprof-cpp ps, get and stacks, against real programs and against a server with odd answers."""

import gzip
import os
import pty
import shlex
import signal
import socket
import subprocess
import unittest

from command_case import COMMAND, HOST, KEEPER, Answers, CommandCase, Host, poll_until

CONTAINER = ["unshare", "--mount", "--pid", "--fork", "--mount-proc"]
if subprocess.run([*CONTAINER, "true"], capture_output=True, check=False).returncode != 0:
    CONTAINER = []

PROFILE = gzip.compress(b"a profile")
BINARY = "application/octet-stream"


class Ps(CommandCase):
    def rows(self, *whom):
        """The lines of these processes only: to ask others would disturb their tests."""
        lines = self.pprof("ps", *map(str, whom)).stdout.splitlines()
        return {int(line.split()[0]): line for line in lines[1:]}

    def test_a_process_has_a_line_while_it_lives(self):
        with Host(self) as host:
            row = self.rows(host.pid)[host.pid].split()
            self.assertEqual(row[1], os.path.basename(os.path.realpath(HOST)))
            resident, heap = float(row[3]), float(row[5])
            self.assertEqual((row[4], row[6]), ("MiB", "MiB"))
            self.assertGreater(heap, 31.9)
            self.assertGreater(resident, heap)
            self.assertEqual(row[8], f"unix:{self.folder}/pprof-cpp/{host.pid}.sock")
        self.assertEqual(self.rows(host.pid), {})

    def test_by_name_and_nobody(self):
        with Host(self, program=("sh", "-c", "echo ready; read line; exit")) as host:
            self.assertIn(f" {host.pid} ", self.pprof("ps", "sh").stdout)
        self.assert_refused(self.pprof("ps", "no-such-name"), 3, "name or number")

    def test_a_process_that_listens_on_tcp(self):
        with Host(self, "--listen", "127.0.0.1:0") as host:
            self.assertRegex(self.rows(host.pid)[host.pid], r"http://127\.0\.0\.1:\d+$")

    def children_of(self, pid):
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
            return [int(child) for child in children.read().split()]

    @unittest.skipUnless(CONTAINER, "no namespaces can be made here")
    def test_a_process_in_a_container_of_its_own(self):
        folder = os.path.join(self.folder, "x" * (70 - len(self.folder)))  # seen from here, it is too long
        os.mkdir(folder)
        inside = dict(self.environment, XDG_RUNTIME_DIR=folder)
        program = f"mount -t tmpfs none {folder}; exec {shlex.quote(COMMAND)} run {HOST} -c {shlex.quote(KEEPER)}"
        with subprocess.Popen([*CONTAINER, "sh", "-c", program], env=inside, text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as container:
            self.assertEqual(container.stdout.readline(), "ready\n")
            pid = poll_until(lambda: self.children_of(container.pid))[0]
            row = poll_until(lambda: self.rows(pid).get(pid))
            self.assertTrue(row.endswith(f"/root{folder}/pprof-cpp/1.sock"), row)
            self.assertEqual(self.pprof("get", row.split()[0], "heap").returncode, 0)
            container.communicate("")

    def test_sockets_of_others_are_not_the_processes(self):
        folder = os.path.join(self.folder, "pprof-cpp")
        os.mkdir(folder, 0o700)
        with socket.socket(socket.AF_UNIX) as dead, socket.socket(socket.AF_UNIX) as foreign:
            with subprocess.Popen(["sleep", "60"]) as sleeper:
                dead.bind(f"{folder}/{os.getpid()}.sock")
                foreign.bind(f"{folder}/{sleeper.pid}.sock")
                foreign.listen()
                rows = self.rows(os.getpid(), sleeper.pid)
                sleeper.kill()
        self.assertEqual(rows, {})


class Get(CommandCase):
    def test_the_real_profile_of_a_program(self):
        with Host(self) as host:
            for whom in (str(host.pid), f"unix:{self.folder}/pprof-cpp/{host.pid}.sock"):
                result = self.pprof("get", whom, "heap")
                self.assertEqual(result.returncode, 0, result.stderr)
                path = os.path.join(self.folder, result.stdout.strip())
                self.assertTrue(path.endswith(".pb.gz"))
                self.assertIn(b"inuse_space", gzip.open(path).read())
                self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
                os.remove(path)
            stacks = self.pprof("stacks", str(host.pid)).stdout
            self.assertRegex(stacks, rf"^goroutine {host.pid} \[")

    def test_what_is_asked(self):
        pages = {"heap": (200, BINARY, PROFILE), "heap?seconds=3": (200, BINARY, b"3"),
                 "heap?debug=1&seconds=3": (200, "text/plain", b"text\n")}
        with Answers(pages) as server:
            self.pprof("get", server.address, "heap", "-o", "out")
            with open(os.path.join(self.folder, "out"), "rb") as file:
                self.assertEqual(file.read(), PROFILE)
            got = self.pprof("get", f"http://{server.address}/debug/pprof/", "--seconds=3", "heap", "-o", "-")
            self.assertEqual(got.stdout, "3")
            text = self.pprof("get", server.address, "heap?debug=1", "--seconds", "3")
            self.assertEqual(text.stdout, "text\n")

    def test_the_token_is_sent_and_never_shown(self):
        with Answers({"heap": (200, BINARY, PROFILE)}) as server:
            url = f"http://:SECRET@{server.address}"
            self.assertEqual(self.pprof("get", url, "heap", "-o", "out").returncode, 0)
            refused = self.pprof("get", url, "other")
            self.assertNotIn("SECRET", refused.stderr)
            token = os.path.join(self.folder, "token")
            with open(token, "w", encoding="ascii") as file:
                file.write("FROM-FILE\n")
            self.environment["PPROF_CPP_TOKEN_FILE"] = token
            self.pprof("get", server.address, "heap", "-o", "out")
            sent = [headers.get("Authorization") for _, headers in server.requests]
            self.assertEqual(sent, ["Bearer SECRET", "Bearer SECRET", "Bearer FROM-FILE"])

    def test_an_answer_that_is_none_leaves_no_file(self):
        pages = {"heap": (200, BINARY, PROFILE, 1000), "block": (503, "text/plain", b"busy now\nmore")}
        with Answers(pages) as server:
            self.assert_refused(self.pprof("get", server.address, "heap", "-o", "out"), 1, "of 1000 bytes")
            self.assert_refused(self.pprof("get", server.address, "block", "-o", "out"), 1, "503: busy now")
            self.assert_refused(self.pprof("get", server.address, "nosuch"), 1, "404: Unknown profile")
        self.assertEqual(os.listdir(self.folder), [])

    def test_an_older_file_stays_until_the_new_one_is_whole(self):
        old = os.path.join(self.folder, "old")
        with open(old, "w", encoding="ascii") as file:
            file.write("old")
        with Answers({"heap": (200, BINARY, PROFILE, 1000)}) as server:
            self.pprof("get", server.address, "heap", "-o", "old")
        with open(old, encoding="ascii") as file:
            self.assertEqual(file.read(), "old")

    def test_what_is_no_file_stays_what_it_is(self):
        with Answers({"heap": (200, BINARY, PROFILE)}) as server:
            self.assertEqual(self.pprof("get", server.address, "heap", "-o", "/dev/null").returncode, 0)
            self.assertFalse(os.path.isfile("/dev/null"))
            os.symlink("target", os.path.join(self.folder, "link"))
            self.pprof("get", server.address, "heap", "-o", "link")
            self.assertTrue(os.path.islink(os.path.join(self.folder, "link")))
            self.assertTrue(os.path.isfile(os.path.join(self.folder, "target")))
            missing = self.pprof("get", server.address, "heap", "-o", "no/such/folder")
            self.assert_refused(missing, 1, "no/such/folder")

    def test_nobody(self):
        self.assert_refused(self.pprof("get", "127.0.0.1:1", "heap"), 3, "127.0.0.1:1", "refused")
        self.assert_refused(self.pprof("get", "4194305", "heap"), 3, "no process 4194305")
        self.assert_refused(self.pprof("get", "no-such-name", "heap"), 3, "pprof-cpp ps")
        self.assert_refused(self.pprof("get", str(os.getpid()), "heap"), 3, "pprof-cpp run")
        self.assert_refused(self.pprof("get", f"unix:{self.folder}/none", "heap"), 3, "No such file")

    def test_a_name_that_several_have(self):
        name = os.path.basename(os.path.realpath(HOST))
        with Host(self) as one, Host(self) as other:
            self.assert_refused(self.pprof("get", name, "heap"), 2, str(one.pid), str(other.pid))

    def test_command_lines_without_sense(self):
        for words, said in ((["1"], "missing"), (["1", "heap", "more"], "too many"),
                            (["x:1", "heap", "--seconds", "0"], "1 to 300"),
                            (["x:1", "heap", "--seconds", "5s"], "1 to 300"),
                            (["https://x", "heap"], "TLS"), (["x:y", "heap"], "HOST:PORT"),
                            (["127.0.0.1:1", "he ap"], "blank")):
            with self.subTest(words=words):
                self.assert_refused(self.pprof("get", *words), 2, said)
        self.assert_refused(self.pprof("nosuch"), 2, "nosuch")

    def test_ctrl_c_leaves_nothing_and_a_terminal_sees_progress(self):
        with Host(self) as host:
            ours, theirs = pty.openpty()
            get = subprocess.Popen([COMMAND, "get", str(host.pid), "profile", "--seconds", "60", "-o", "out"],
                                   cwd=self.folder, env=self.environment, stderr=theirs)
            os.close(theirs)
            seen = b""
            while b" of 60 s" not in seen:
                seen += os.read(ours, 1000)
            self.assertIn(f"profile of {os.path.basename(os.path.realpath(HOST))} ({host.pid}): ".encode(), seen)
            get.send_signal(signal.SIGINT)
            self.assertNotEqual(get.wait(timeout=60), 0)
            os.close(ours)
        self.assertEqual([name for name in os.listdir(self.folder) if name != "pprof-cpp"], [])


class Help(CommandCase):
    def test_every_verb_teaches_with_an_example(self):
        overview = self.pprof("--help").stdout
        verbs = [line.split()[0] for line in overview.splitlines() if line.startswith("  ") and
                 not line.startswith(("  pprof-cpp", "  go "))]
        self.assertEqual(len(verbs), 10)
        for verb in verbs:
            text = self.pprof(verb, "--help")
            self.assertEqual(text.returncode, 0)
            self.assertIn(f"\n  pprof-cpp {verb}", text.stdout)

    def test_version(self):
        self.assertRegex(self.pprof("--version").stdout, r"^pprof-cpp \d+\.\d+\.\d+\n$")

    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            result = subprocess.run([COMMAND, "--help"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(result.returncode, 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
