#!/usr/bin/env python3
"""Programs with the preload library: what they notice of it."""
import gzip
import http.client
import re
import signal
import socket
import subprocess
import unittest

from preload_case import (
    DEADLINE, DOOR_SERVER, FAILING_NEW, GUEST, OWN_ENVIRONMENT, PRELOAD, TOKEN, Guest, ask_port,
    free_port, poll_until)


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
        self.assertTrue(poll_until(lambda: ask_port(self.port)))
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
                self.assertTrue(poll_until(lambda: ask_port(self.port)))
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
        self.assertTrue(poll_until(lambda: ask_port(self.port)))
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
                self.assertTrue(poll_until(lambda: ask_port(self.port)), "no server")
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
        self.assertTrue(poll_until(lambda: ask_port(self.port)))
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
        self.assertTrue(poll_until(lambda: ask_port(self.port)))
        process.stdin.write("go\n")
        process.stdin.flush()
        self.assertTrue(poll_until(lambda: out.exists() and out.read_text().split() == list("3456789")))
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


if __name__ == "__main__":
    unittest.main()
