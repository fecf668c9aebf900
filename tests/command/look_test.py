#!/usr/bin/env python3
"""pprof-cpp top, capture, open and expose."""

import glob
import gzip
import os
import re
import signal
import stat
import subprocess
import tarfile
import unittest
import urllib.request

from command_case import COMMAND, HOST, Answers, CommandCase, Host, poll_until

CAPTURE = os.environ["CAPTURE"]
BINARY = "application/octet-stream"


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number, content):
    """A field of a protobuf message: bytes with their length, or a number."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def profile(stacks, unit=b"bytes"):
    """A gzipped profile of {(innermost, ..., outermost): value}; location i is function i."""
    names = sorted({name for stack in stacks for name in stack})
    out = field(1, field(1, 1) + field(2, 2))
    for stack, value in stacks.items():
        ids = b"".join(varint(names.index(name) + 1) for name in stack)
        out += field(2, field(1, ids) + field(2, varint(value)))
    for i, name in enumerate(names, 1):
        out += field(4, field(1, i) + field(4, field(1, i))) + field(5, field(1, i) + field(2, i + 2))
    for text in [b"", b"space", unit, *(name.encode() for name in names)]:
        out += field(6, text)
    return gzip.compress(out)


class Top(CommandCase):
    def columns(self, line):
        return re.split(r"  +", line.strip())

    def test_flat_and_cum_are_those_of_the_pprof_tool(self):
        page = profile({("leaf", "mid", "main"): 3 << 20, ("mid", "mid", "main"): 1 << 20})
        with Answers({"heap": (200, BINARY, page)}) as server:
            result = self.pprof("top", server.address, "--once")
            lines = result.stdout.splitlines()
            self.assertIn(f"heap of {server.address}: 4.0 MiB space", lines[0], result.stderr)
            self.assertEqual([self.columns(line) for line in lines[2:]], [
                ["3.0 MiB", "75.0 %", "3.0 MiB", "75.0 %", "leaf"],
                ["1.0 MiB", "25.0 %", "4.0 MiB", "100.0 %", "mid"],
                ["0", "0.0 %", "4.0 MiB", "100.0 %", "main"]])
            by_cum = self.pprof("top", server.address, "heap", "--once", "--by", "cum", "--rows", "1")
            self.assertTrue(by_cum.stdout.endswith("  main\n"), by_cum.stdout)

    def test_what_grew_since_the_last_screen(self):
        before = profile({("grows", "main"): 1000, ("gone", "main"): 500, ("stays",): 7})
        after = profile({("grows", "main"): 3000, ("stays",): 7})
        pages = {"heap": [(200, BINARY, before), (200, BINARY, after), (503, "text/plain", b"enough\n")]}
        with Answers(pages) as server:
            result = self.pprof("top", server.address, "heap", "--seconds", "1", "--by", "grew")
            self.assertEqual(result.returncode, 1)
            self.assertIn("enough", result.stderr)
        second = [self.columns(line) for line in result.stdout.split("\n\n")[1].splitlines()[2:]]
        self.assertEqual([(row[-2], row[-1]) for row in second], [
            ("+2.0 KiB", "grows"), ("+1.5 KiB", "main"), ("0.2 %", "stays"),
            ("-500 B", "gone")])

    def test_a_recording_takes_the_seconds(self):
        page = profile({("busy", "main"): 1500 * 10**6}, b"nanoseconds")
        with Answers({"profile?seconds=2": (200, BINARY, page)}) as server:
            result = self.pprof("top", server.address, "profile", "--seconds", "2", "--once")
            self.assertIn("1.5 s", result.stdout, result.stderr)

    def test_real_memory(self):
        with Host(self) as host:
            result = self.pprof("top", str(host.pid), "--once", "--by", "cum", "--rows", "3")
            self.assertRegex(result.stdout.splitlines()[0], r"heap of \S+ \(\d+\): (3[2-9]|4\d)\.\d MiB inuse_space")

    def test_what_is_no_profile_is_refused(self):
        whole = profile({("leaf", "main"): 1})
        broken = gzip.compress(field(1, field(1, 77)) + field(6, b""))
        for body in (b"text", whole[:-9], gzip.compress(b"\xff" * 99), broken, gzip.compress(b""),
                     gzip.compress(field(1, b"") + field(2, field(1, b"\x05") + field(2, b"\x01")) + field(6, b""))):
            with self.subTest(body=body), Answers({"heap": (200, BINARY, body)}) as server:
                self.assert_refused(self.pprof("top", server.address, "--once"), 1, "answer is")


class Capture(CommandCase):
    def names(self, archive):
        """The files of an archive, without its folder and the moments in the names."""
        with tarfile.open(archive) as tar:
            for member in tar:
                self.assertEqual(member.mode & 0o077, 0)
            names = [name.split("/", 1)[1] for name in tar.getnames() if "/" in name]
        return {re.sub(r"\.\d{8}T\d{6}Z", "", name) for name in names}

    def test_the_archive_is_that_of_the_shell_file(self):
        ours, theirs = os.path.join(self.folder, "ours"), os.path.join(self.folder, "theirs")
        with Host(self, "--listen", "127.0.0.1:0") as host:
            address = self.pprof("ps", str(host.pid)).stdout.split("http://")[1].strip()
            result = self.pprof("capture", str(host.pid), "-o", ours, "--seconds", "1")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            subprocess.run(["sh", CAPTURE, address, theirs], capture_output=True, check=True,
                           env=dict(self.environment, PPROF_CPP_CAPTURE_SECONDS="1"))
            by_address = self.pprof("capture", f"http://{address}", "-o", ours + "2", "--seconds=1")
            self.assertEqual(by_address.returncode, 0, by_address.stderr)
        (mine,), (other,) = glob.glob(ours + "/*"), glob.glob(theirs + "/*.tar.gz")
        folders = {os.path.dirname(name) for name in self.names(mine)}
        self.assertIn("binaries" + os.path.dirname(os.path.realpath(HOST)), folders)
        whole = {name for name in self.names(other) if os.path.dirname(name) == "" and "." in name}
        self.assertEqual({name for name in self.names(mine) if "/" not in name}, whole)
        self.assertEqual(os.path.realpath(result.stdout.splitlines()[-1]), os.path.realpath(mine))
        self.assertEqual(stat.S_IMODE(os.stat(mine).st_mode), 0o600)
        with tarfile.open(mine) as tar:
            heap = [name for name in tar.getnames() if "/heap." in name]
            self.assertIn(b"inuse_space", gzip.decompress(tar.extractfile(heap[0]).read()))
            ids = [name for name in tar.getnames() if name.endswith("build_ids.txt")]
            self.assertRegex(tar.extractfile(ids[0]).read().decode(), r"(?m)^[0-9a-f]{40} /")

    def test_what_fails_is_noted_and_the_rest_is_there(self):
        index = b"<a href='heap?debug=1'>heap</a> <a href='block?debug=1'>block</a>"
        pages = {"": (200, "text/html", index), "heap": (200, BINARY, b"h"),
                 "block": (501, "text/plain", b"not here\n")}
        with Answers(pages) as server:
            result = self.pprof("capture", server.address)
        self.assertEqual(result.returncode, 0)
        self.assertIn("501: not here", result.stdout)
        self.assertIn("block", result.stderr)
        self.assertEqual(self.names(glob.glob(self.folder + "/*")[0]),
                         {"index.html", "heap.pb.gz", "manifest.txt"})

    def test_nothing_leaves_no_file(self):
        with Answers({}) as server:
            result = self.pprof("capture", server.address)
            self.assertEqual(result.returncode, 3)
        self.assert_refused(self.pprof("capture", "127.0.0.1:1"), 3, "127.0.0.1:1")
        self.assertEqual(os.listdir(self.folder), [])


class Expose(CommandCase):
    def test_a_tcp_client_reaches_the_socket(self):
        with Host(self) as host:
            expose = subprocess.Popen([COMMAND, "expose", str(host.pid), "127.0.0.1:0"], text=True,
                                      env=self.environment, stdout=subprocess.PIPE)
            url = expose.stdout.readline().split()[0]
            for _ in range(3):
                with urllib.request.urlopen(url + "heap", timeout=60) as answer:
                    self.assertIn(b"inuse_space", gzip.decompress(answer.read()))
            expose.send_signal(signal.SIGINT)
            self.assertEqual(expose.wait(timeout=60), -signal.SIGINT)
            expose.stdout.close()

    def test_other_machines_stay_out(self):
        with Answers({}) as server:
            for address in ("0.0.0.0:6060", "192.168.1.1:6060", "[::]:6060", "unix:/tmp/x"):
                self.assert_refused(self.pprof("expose", server.address, address), 2, "this machine alone")
            taken = self.pprof("expose", server.address, server.address)
            self.assert_refused(taken, 1, "cannot listen", "in use")


class Open(CommandCase):
    def test_the_tool_gets_the_profile_and_nothing_stays(self):
        tools, seen = os.path.join(self.folder, "bin"), os.path.join(self.folder, "seen")
        os.mkdir(tools)
        with open(os.path.join(tools, "go"), "w", encoding="ascii") as tool:
            tool.write(f'#!/bin/sh\necho "$@" >{seen}\n/bin/cat "$4" >>{seen}\nexit 5\n')
        os.chmod(os.path.join(tools, "go"), 0o755)
        environment = dict(self.environment, PATH=tools, TMPDIR=self.folder)
        with Answers({"heap?seconds=2": (200, BINARY, b"body")}) as server:
            result = self.pprof("open", server.address, "heap", "--seconds", "2", env=environment)
        self.assertEqual(result.returncode, 5, result.stderr)
        with open(seen, encoding="ascii") as file:
            self.assertRegex(file.read(), r"^tool pprof -http=127\.0\.0\.1:0 \S+\.heap\.pb\.gz\nbody$")
        self.assertEqual(sorted(os.listdir(self.folder)), ["bin", "seen"])

    def test_without_the_tool_it_says_what_to_install(self):
        result = self.pprof("open", "127.0.0.1:1", "heap", env=dict(self.environment, PATH="/nowhere"))
        self.assert_refused(result, 1, "apt-get install")

    def test_ctrl_c_ends_the_tool_and_cleans_up(self):
        tools = os.path.join(self.folder, "bin")
        os.mkdir(tools)
        with open(os.path.join(tools, "go"), "w", encoding="ascii") as tool:
            tool.write("#!/bin/sh\n/bin/echo begun\nexec /bin/sleep 600\n")
        os.chmod(os.path.join(tools, "go"), 0o755)
        environment = dict(self.environment, PATH=tools, TMPDIR=self.folder)
        with Answers({"heap": (200, BINARY, b"body")}) as server:
            opened = subprocess.Popen([COMMAND, "open", server.address, "heap"], env=environment,
                                      stdout=subprocess.PIPE, text=True)
            self.assertEqual(opened.stdout.readline(), "begun\n")
            opened.send_signal(signal.SIGTERM)
            opened.wait(timeout=60)
            opened.stdout.close()
        self.assertTrue(poll_until(lambda: os.listdir(self.folder) == ["bin"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
