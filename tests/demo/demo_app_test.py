#!/usr/bin/env python3
"""demo_app from outside: options, routes, signals, the leak and its two fixes."""

import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import unittest

from demo_process import DEMO_APP, SANITIZED, DemoApp, poll_until


def run(*options):
    return subprocess.run([DEMO_APP, *options], capture_output=True, text=True, timeout=120)


class Options(unittest.TestCase):
    def test_bad_options_end_with_2_and_one_sentence(self):
        for options, words in [
            (["--fix", "hope"], "none of none, clear, purge"),
            (["--leak", "hope"], "none of table, lost"),
            (["--purge-max-age", "60"], "is not a duration"),
            (["--purge-max-age", "-1s"], "is not a duration"),
            (["--purge-interval", "0ms"], "longer than 0ms"),
            (["--purge-interval", "1fortnight"], "is not a duration"),
            (["--listen", "8080"], "is not HOST:PORT"),
            (["--listen", "127.0.0.1:65536"], "is not HOST:PORT"),
            (["--debug-listen", "::1:6060"], "is not HOST:PORT"),
            (["--listen"], "--listen"),
            (["--verbose"], "--verbose"),
            (["surplus"], "surplus"),
        ]:
            with self.subTest(options=options):
                result = run(*options)
                self.assertEqual(result.returncode, 2)
                self.assertIn(words, result.stderr)
                self.assertEqual(result.stderr.count("\n"), 1)
                self.assertEqual(result.stdout, "")

    def test_help_names_the_options(self):
        result = run("--help")
        self.assertEqual(result.returncode, 0)
        for option in ("--listen", "--fix", "--leak", "--purge-max-age", "--purge-interval", "--debug-listen"):
            self.assertIn(option, result.stdout)

    def test_a_taken_port_is_said_and_ends_with_1(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            for options in (["--listen", address],
                            ["--listen", "127.0.0.1:0", "--debug", "--debug-listen", address]):
                with self.subTest(options=options):
                    result = run(*options)
                    self.assertEqual(result.returncode, 1)
                    self.assertIn(address.split(":")[1], result.stderr)
                    self.assertEqual(result.stderr.count("\n"), 1)

    def test_two_instances_do_not_share_a_port(self):
        with DemoApp() as app:
            self.assertEqual(run("--listen", f"127.0.0.1:{app.port}").returncode, 1)


class Routes(unittest.TestCase):
    def test_routes(self):
        with DemoApp() as app:
            self.assertEqual(app.get("/healthz"), (200, "ok\n"))
            status, body = app.get("/orders/17")
            self.assertEqual((status, json.loads(body)["id"]), (200, 17))
            for path in ("/", "/orders/", "/orders/x", "/orders/-1", "/orders/1/2", "/orders/1e3",
                         "/orders/" + "9" * 40, "/debug/pprof/"):
                self.assertEqual(app.get(path)[0], 404, path)

    def test_stats(self):
        with DemoApp() as app:
            app.load(10)
            stats = app.stats()
            self.assertEqual(stats["requests"], 10)
            self.assertEqual(stats["context_entries"], 10)
            self.assertGreater(stats["resident_bytes"], 1 << 20)
            self.assertGreater(stats["uptime_seconds"], 0)
            if not SANITIZED:
                self.assertGreater(stats["heap_in_use_bytes"], 10_000)

    def test_nothing_listens_for_profiles_without_debug(self):
        with DemoApp() as app:
            self.assertEqual(app.listening_sockets(), 1)
        with DemoApp("--debug") as app:
            self.assertEqual(app.listening_sockets(), 2)


def stop_with_idle_clients(signal_number):
    """Exit code and seconds of the stop."""
    with DemoApp("--debug", "--fix", "purge") as app:
        idle = http.client.HTTPConnection("127.0.0.1", app.port)  # kept alive, says nothing
        idle.request("GET", "/healthz")
        idle.getresponse().read()
        silent = socket.create_connection(("127.0.0.1", app.debug_port))
        stopped = app.stop(signal_number)
        idle.close()
        silent.close()
        return stopped


class Signals(unittest.TestCase):
    def test_stops_though_clients_are_connected(self):
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=signal_number):
                self.assertEqual(stop_with_idle_clients(signal_number)[0], 0)


class Leak(unittest.TestCase):
    def test_without_a_fix_every_request_stays(self):
        with DemoApp("--fix", "none") as app:
            before = app.stats()
            app.load(500)
            after = app.stats()
            self.assertEqual(after["context_entries"], 500)
            if not SANITIZED:
                grown = after["heap_in_use_bytes"] - before["heap_in_use_bytes"]
                self.assertGreater(grown / 500, 2000)

    def test_clear_keeps_nothing(self):
        with DemoApp("--fix", "clear") as app:
            app.load(500)
            self.assertEqual(app.stats()["context_entries"], 0)

    def test_purge_throws_old_ones_away(self):
        with DemoApp("--fix", "purge", "--purge-max-age", "50ms", "--purge-interval", "10ms") as app:
            app.load(500)
            self.assertTrue(poll_until(lambda: app.stats()["context_entries"] == 0))

    @unittest.skipIf(SANITIZED, "there is no heap profile under a sanitizer")
    def test_one_wget_and_pprof_name_it(self):
        top, rows = rows_of_the_leak()
        self.assertTrue(rows, top)


HOLDER = "held by reqctx::(anonymous namespace)::GlobalTable()::table"
LOST = "[lost: nothing points here]"


def shares_of(profile, *options):
    """The whole output of pprof's -top -cum, and the share of all bytes by frame."""
    with DemoApp("--debug", *options) as app:
        app.load(5000)
        top = subprocess.run(
            [os.environ["PPROF"], "-top", "-cum", "-nodefraction=0",
             f"http://127.0.0.1:{app.debug_port}/debug/pprof/{profile}"],
            capture_output=True, text=True, timeout=120, check=True,
            env={**os.environ, "PPROF_TMPDIR": tempfile.gettempdir()}).stdout
    rows = [line.split(maxsplit=5) for line in top.splitlines()]
    return top, {row[5]: float(row[4].rstrip("%")) for row in rows
                 if len(row) == 6 and row[4].endswith("%")}


@unittest.skipIf(SANITIZED, "there is no heap profile under a sanitizer")
class Holders(unittest.TestCase):
    def test_the_global_table_holds_the_leak(self):
        top, shares = shares_of("holders")
        self.assertIn(HOLDER, shares, top)
        self.assertIn("[global (demo_app .bss)]", shares, top)

    def test_lost_memory_is_named_by_who_allocated_it(self):
        top, shares = shares_of("leak?min_age=100ms", "--leak", "lost")
        self.assertIn("audit::Record", shares, top)
        self.assertIn(LOST, shares, top)

    def test_nothing_is_lost_in_the_table(self):
        top, shares = shares_of("leak?min_age=100ms")
        self.assertNotIn(LOST, shares, top)


def rows_of_the_leak():
    """The whole output of pprof's -top, and its rows about the leak: 26 MB, 50 samples."""
    with DemoApp("--debug") as app, tempfile.TemporaryDirectory() as folder:
        app.load(8000)
        profile = os.path.join(folder, "heap.pb.gz")
        subprocess.run(["wget", "-q", "-O", profile,
                        f"http://127.0.0.1:{app.debug_port}/debug/pprof/heap"], check=True)
        top = subprocess.run([os.environ["PPROF"], "-top", profile], check=True,
                             capture_output=True, text=True).stdout
    return top, [line.split() for line in top.splitlines() if " reqctx::Set" in line]


class Statistical(unittest.TestCase):
    """Verdicts of time or chance: a test of its own for ctest, with a label."""

    def test_stops_within_a_second(self):
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=signal_number):
                self.assertLess(stop_with_idle_clients(signal_number)[1], 1)

    @unittest.skipIf(SANITIZED, "there is no heap profile under a sanitizer")
    def test_the_leak_is_most_of_the_heap(self):
        top, rows = rows_of_the_leak()
        self.assertGreater(float(rows[0][4].rstrip("%")), 80, top)

    @unittest.skipIf(SANITIZED, "there is no heap profile under a sanitizer")
    def test_the_table_holds_and_the_record_loses_nearly_all(self):
        top, shares = shares_of("holders")
        self.assertGreater(shares[HOLDER], 90, top)
        top, shares = shares_of("leak?min_age=100ms", "--leak", "lost")
        self.assertGreater(shares["audit::Record"], 90, top)


if __name__ == "__main__":
    unittest.main(verbosity=2)
