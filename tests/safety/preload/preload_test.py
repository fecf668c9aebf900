#!/usr/bin/env python3
"""Programs with the preload library: what they notice of it, and who listens where.

usage: preload_test.py PRELOAD GUEST_PROGRAM OWN_ENVIRONMENT FAILING_NEW DOOR_SERVER [unittest options]
"""
import gzip
import http.client
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from preload_environment import preload_environment  # noqa: E402  (its folder is this one's parent)

PRELOAD, GUEST, OWN_ENVIRONMENT, FAILING_NEW, DOOR_SERVER = (
    os.path.abspath(sys.argv.pop(1)) for _ in range(5))
DEADLINE = 60
TOKEN = "t" * 40
PLAIN = {name: value for name, value in os.environ.items()
         if not name.startswith(("PPROF_CPP_", "LD_", "XDG_RUNTIME_DIR"))}


def await_true(condition):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    return condition()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.host)


def ask(connection, headers=None):
    """Status and body of cmdline; None: nobody listens."""
    try:
        connection.request("GET", "/debug/pprof/cmdline", headers={"Host": "localhost", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError:
        return None
    finally:
        connection.close()


def ask_port(port, headers=None):
    return ask(http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE), headers)


def ask_socket(path):
    return ask(UnixConnection(str(path), timeout=DEADLINE))


def threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


class Guest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())
                                   if hasattr(self, "enterContext") else self.temporary())
        self.port = free_port()

    def temporary(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return folder.name

    def start(self, command, listen=None, **settings):
        environment = {**PLAIN, **preload_environment(PRELOAD), "XDG_RUNTIME_DIR": str(self.folder),
                       "PPROF_CPP_LISTEN": listen if listen is not None else f"127.0.0.1:{self.port}", **settings}
        process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.stop, process)
        return process

    @staticmethod
    def stop(process):
        process.kill()
        process.communicate()

    def finish(self, process, text=None):
        out, errors = process.communicate(text, timeout=DEADLINE)
        return process.returncode, out.strip(), errors

    def socket_of(self, pid):
        return self.folder / "pprof-cpp" / f"{pid}.sock"


def head_of(port, request):
    """The answer's lines before the body, without what differs from process to process."""
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE) as client:
        client.sendall(request)
        answer = client.makefile("rb").read()
    head = answer.split(b"\r\n\r\n")[0]
    return [re.sub(rb"(Content-Length:|filename=).*", rb"\1", line) for line in head.split(b"\r\n")]


class Library(Guest):
    def test_needs_the_c_library_only(self):
        listing = subprocess.run(["readelf", "-dW", PRELOAD], capture_output=True, text=True, check=True)
        needed = set(re.findall(r"NEEDED.*\[(.*)\]", listing.stdout))
        self.assertLessEqual(needed, {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2"})

    def test_exports_what_it_interposes_only(self):
        def names(library, option):
            listing = subprocess.run(["nm", "-D", option, library], capture_output=True, text=True, check=True)
            return {line.split()[-1].split("@")[0] for line in listing.stdout.splitlines()}
        with open("/proc/self/maps") as maps:
            libc = re.search(r"/\S+/libc\.so\.6", maps.read())[0]
        ours = re.compile("_Zn[wa]|_Zd[la]|_ZNSt3pmr2.*synchronized_pool_resource|tc_|MallocExtension_"
                          "|_ZN15MallocExtension|pprof_cpp_interposes_malloc$|pprof_cpp_attach$")
        self.assertEqual([name for name in names(PRELOAD, "--defined-only") - names(libc, "--defined-only")
                          if not ours.match(name)], [])

    def test_failed_allocations_and_unwinding_are_the_programs(self):
        self.assertEqual(self.finish(self.start([FAILING_NEW])), (0, "", ""))

    def test_answers_as_a_program_that_links_the_server(self):
        linked = subprocess.Popen([DOOR_SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.stop, linked)
        port = int(linked.stdout.readline().split()[1])
        self.start([GUEST, "getchar"])
        self.assertTrue(await_true(lambda: ask_port(self.port)))
        for request in (b"GET /debug/pprof/", b"HEAD /debug/pprof/", b"GET /debug/pprof", b"GET /debug/pprof/heap",
                        b"HEAD /debug/pprof/heap", b"GET /debug/pprof/heap?debug=1", b"GET /debug/pprof/nosuch",
                        b"POST /debug/pprof/heap", b"PUT /debug/pprof/heap", b"GET /" + b"x" * 9000,
                        b"GET /debug/pprof/heap?seconds=x", b"GET /debug/pprof/cmdline", b"NONSENSE"):
            for headers in (b"Host: localhost", b"Host: elsewhere.example", b"X: " + b"x" * 20000,
                            b"Host: localhost\r\nExpect: 100-continue", b"Host: localhost\r\nContent-Length: x"):
                whole = request + b" HTTP/1.1\r\n" + headers + b"\r\n\r\n"
                with self.subTest(request[:40], headers=headers[:40]):
                    self.assertEqual(head_of(self.port, whole), head_of(port, whole))


class Allocators(Guest):
    def heap_text(self):
        """The heap profile as text, its comments included."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        connection.request("GET", "/debug/pprof/heap", headers={"Host": "localhost"})
        return gzip.decompress(connection.getresponse().read()).decode("latin-1")

    def test_keeps_the_programs_allocator_by_choice_and_samples_it(self):
        for choice, answers in (("keep", "malloc is that of "), ("tcmalloc", None)):
            with self.subTest(choice):
                self.port = free_port()
                self.start([GUEST, "leak"], PPROF_CPP_ALLOCATOR=choice)
                self.assertTrue(await_true(lambda: ask_port(self.port)))
                text = self.heap_text()
                self.assertEqual(answers is not None, "malloc is that of " in text)
                self.assertRegex(text, "LeakForTheHeapProfile")

    def test_failures_and_unwinding_are_the_programs_with_its_allocator(self):
        process = self.start([FAILING_NEW], PPROF_CPP_ALLOCATOR="keep")
        self.assertEqual(self.finish(process), (0, "", ""))

    def test_calls_of_an_allocators_own_mix_with_malloc(self):
        jemalloc = "libjemalloc.so.2"
        program = self.folder / "mix"
        source = self.folder / "mix.cpp"
        source.write_text("""
            #include <cstdlib>
            extern "C" { void* mallocx(size_t, int); void* rallocx(void*, size_t, int);
                         void sdallocx(void*, size_t, int); }
            int main() {
              for (int i = 0; i < 10000; ++i) {
                std::free(mallocx(300, 0));
                sdallocx(std::malloc(300), 300, 0);
                std::free(rallocx(std::malloc(300), 3000, 0));
              }
            }""")
        linked = subprocess.run(["c++", source, "-o", program, f"-l:{jemalloc}"], capture_output=True)
        if linked.returncode != 0:
            self.skipTest("no " + jemalloc)
        self.assertEqual(self.finish(self.start([str(program)])), (0, "", ""))


class Settings(Guest):
    def test_a_program_with_its_own_environment_does_not_hide_ours(self):
        token = self.folder / "token"
        token.write_text(TOKEN)
        self.start([OWN_ENVIRONMENT], PPROF_CPP_TOKEN_FILE=str(token))
        self.assertTrue(await_true(lambda: ask_port(self.port)))
        self.assertEqual(ask_port(self.port)[0], 401)
        self.assertEqual(ask_port(self.port, {"Authorization": f"Bearer {TOKEN}"})[0], 200)

    def test_a_setting_that_cannot_be_read_means_no_server_and_one_line(self):
        for settings in ({"PPROF_CPP_TOKEN_FILE": "/nonexistent"}, {"PPROF_CPP_ALLOW_REMOTE": "maybe"},
                         {"PPROF_CPP_CHILDREN": "perhaps"}, {"PPROF_CPP_ALLOCATOR": "mine"}, {"PPROF_CPP_LISTEN": "nowhere"}):
            with self.subTest(settings):
                listen = settings.pop("PPROF_CPP_LISTEN", None)
                process = self.start([GUEST, "getchar"], listen, **settings)
                line = process.stderr.readline()
                self.assertRegex(line, "^pprof-cpp: not listening: .")
                self.assertIsNone(ask_port(self.port))
                code, out, errors = self.finish(process, "x")
                self.assertEqual((code, out, errors), (0, "waited 1", ""))


class Waits(Guest):
    def test_no_thread_and_no_descriptor_at_the_start(self):
        code, out, errors = self.finish(self.start([GUEST, "early"]))
        self.assertEqual((code, errors), (0, ""))
        lines = out.splitlines()
        self.assertEqual(lines[0], "first descriptor 3")
        self.assertEqual(len(lines), 2, "threads of ls: " + out)

    def test_waits_go_on_when_the_server_starts(self):
        for mode in ("poll", "ppoll", "select", "pselect", "epoll_wait", "getchar", "compute",
                     "allocate", "join", "pause", "sigsuspend"):
            with self.subTest(mode):
                self.port = free_port()
                process = self.start([GUEST, mode])
                self.assertTrue(await_true(lambda: ask_port(self.port)), "no server")
                if mode in ("pause", "sigsuspend"):
                    process.send_signal(signal.SIGUSR1)
                self.assertEqual(self.finish(process, "x"), (0, "waited 1", ""))

    def test_sleeps_have_their_full_time(self):
        modes = ("nanosleep", "clock_nanosleep", "clock_nanosleep_until", "sleep", "usleep",
                 "poll_time", "epoll_time", "select_time")
        running = {mode: self.start([GUEST, mode], "127.0.0.1:0") for mode in modes}
        for mode, process in running.items():
            with self.subTest(mode):
                self.assertEqual(self.finish(process), (0, "slept 0", ""))


class Descriptors(Guest):
    def test_a_program_that_closes_and_reuses_all_numbers(self):
        own_port, data = free_port(), self.folder / "data"
        process = self.start([GUEST, "closes_all", str(own_port), str(data)])
        self.assertTrue(await_true(lambda: ask_port(self.port)))
        process.stdin.write("go\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), "numbers 3 4\n")
        for _ in range(50):
            with socket.create_connection(("127.0.0.1", own_port), timeout=DEADLINE) as client:
                client.sendall(b"GET /debug/pprof/cmdline HTTP/1.0\r\n\r\n")
                self.assertEqual(client.makefile("rb").read(), b"hello\n")
            self.assertEqual(ask_port(self.port)[0], 200)
        self.assertEqual(data.read_bytes(), b"record 1\n")

    def test_a_shell_that_uses_numbers_of_its_own(self):
        out = self.folder / "out"
        script = "read go; for n in 3 4 5 6 7 8 9; do eval \"exec $n>>$0\"; echo $n >&$n; done; read go"
        process = self.start(["sh", "-c", script, str(out)])
        self.assertTrue(await_true(lambda: ask_port(self.port)))
        process.stdin.write("go\n")
        process.stdin.flush()
        self.assertTrue(await_true(lambda: out.exists() and out.read_text().split() == list("3456789")))
        self.assertEqual(ask_port(self.port)[0], 200)
        self.assertEqual(self.finish(process, "go\n")[0], 0)
        self.assertEqual(out.read_text().split(), list("3456789"))


class Sandboxes(Guest):
    def test_no_sample_and_no_server_makes_a_call_that_the_filter_punishes(self):
        for mode in ("prctl", "seccomp"):
            for listen in ("", "unix"):
                with self.subTest(mode, listen=listen):
                    process = self.start([GUEST, mode], listen, PPROF_CPP_HEAP_INTERVAL="1k")
                    # A child that may serve begins after a second.
                    self.assertIsNone(self.ended_within(process, 1.5 if listen else 0))
                    self.assertEqual(self.finish(process, "x"), (0, "status 0", ""))

    @staticmethod
    def ended_within(process, seconds):
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None


class Children(Guest):
    def child_of(self, process):
        return int(process.stdout.readline().split()[1])

    def test_a_child_does_not_keep_its_parents_port(self):
        process = self.start([GUEST, "fork"])
        child = self.child_of(process)
        self.assertTrue(await_true(lambda: ask_port(self.port)))
        process.kill()
        process.wait()
        self.assertTrue(await_true(lambda: ask_port(self.port) is None))
        self.assertEqual(threads(child), 1)

    def test_a_child_serves_on_a_socket_of_its_own(self):
        process = self.start([GUEST, "fork"], PPROF_CPP_CHILDREN="serve")
        path = self.socket_of(self.child_of(process))
        self.assertTrue(await_true(lambda: ask_socket(path) if path.exists() else None))
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(path.parent.stat().st_mode), 0o700)
        self.assertTrue(await_true(lambda: ask_port(self.port)))
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
            answer = await_true(lambda: ask_socket(path) if path.exists() else None)
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
        self.assertTrue(await_true(lambda: self.socket_of(process.pid).exists()))
        self.assertEqual(threads(child), 1)
        self.assertEqual(self.finish(process), (0, "", ""))

    def test_a_program_that_a_program_starts_leaves_the_port_alone(self):
        process = self.start(["sh", "-c", f"'{GUEST}' fork; true"])
        child = self.child_of(process)
        answer = await_true(lambda: ask_port(self.port))
        self.assertEqual(answer[1].split(b"\0")[0], b"sh")
        self.assertEqual(threads(child), 1)
        self.assertEqual(self.finish(process), (0, "", ""))

    def test_a_daemon_takes_the_place_of_its_parent(self):
        process = self.start([GUEST, "daemon"])
        self.child_of(process)
        self.assertEqual(process.wait(DEADLINE), 0)
        self.assertTrue(await_true(lambda: ask_port(self.port)))

    def test_short_lived_children_leave_nothing(self):
        process = self.start([GUEST, "fork_many"], "unix")
        self.assertEqual(self.finish(process), (0, "", ""))
        folder = self.folder / "pprof-cpp"
        self.assertEqual(list(folder.iterdir()) if folder.exists() else [], [])

    @unittest.skipUnless(os.geteuid() == 0, "only root can change the user")
    def test_a_worker_with_another_user_has_a_folder_of_its_own(self):
        process = self.start([GUEST, "other_user"], "unix")
        path = pathlib.Path(f"/tmp/pprof-cpp-65534/{self.child_of(process)}.sock")
        self.assertTrue(await_true(lambda: ask_socket(path) if path.exists() else None))
        self.assertEqual(path.parent.stat().st_uid, 65534)
        self.assertEqual(self.finish(process)[0], 0)


if __name__ == "__main__":
    unittest.main()
