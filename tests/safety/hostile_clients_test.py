"""Hostile clients over real sockets: each gets its expected answer, and the server's memory,
threads and files are the same afterwards.

    hostile_clients_test.py DOOR_SERVER
"""

import gzip
import os
import socket
import sys
import threading
import time
import unittest

from door import poll_until, read_all, reset
from hostile_case import BIG, GOOD, PROFILE, RECORDING, HostileCase


class Sizes(HostileCase):
    def test_paths_of_8_kib_and_1_mib(self):
        self.expect(414, b"GET /" + b"a" * 8192 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.expect(431, b"GET /" + b"a" * (1 << 20) + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")

    def test_headers_of_8_kib_and_1_mib(self):
        for name in (b"X", b"Range", b"Cookie"):
            head = GOOD[:-2] + name + b": "
            self.expect(400 if name == b"Range" else 200, head + b"0-1," * 1900 + b"\r\n\r\n")
            self.expect(431, head + b"0-1," * 2048 + b"\r\n\r\n")
            self.expect(431, head + b"0-1," * (1 << 18) + b"\r\n\r\n")

    def test_300000_headers(self):
        self.expect(431, GOOD[:-2] + b"A: b\r\n" * 300000 + b"\r\n")
        self.expect(431, GOOD[:-2] + b"A: b\r\n" * 101 + b"\r\n")

    def test_line_of_50_mb(self):
        line = b"a" * (1 << 20)
        with self.door.connect() as client:
            try:
                for _ in range(50):
                    client.sendall(line)
            except (BrokenPipeError, ConnectionResetError):
                pass
            received = read_all(client)
        self.assertIn(received[:12], (b"HTTP/1.1 431", b""))

    def test_bodies_over_the_bound(self):
        head = b"POST /debug/pprof/symbol HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
        self.expect(413, head + b"1048577\r\n\r\n" + b"a" * 1048577)
        self.expect(413, head + b"9999999999999999999\r\n\r\n")
        self.expect(400, head + b"99999999999999999999\r\n\r\n")
        self.assertEqual(self.door.post("/debug/pprof/symbol", b"0x1+" * (1 << 18)).status, 200)

    def test_body_with_a_get(self):
        self.expect(400, GOOD[:-2] + b"Content-Length: 4\r\n\r\nbody")

    def test_many_big_bodies_at_once_are_bounded(self):
        head = b"POST /debug/pprof/symbol HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048576\r\n\r\n"
        clients = [self.door.connect(head) for _ in range(20)]
        with clients[-1] as last:
            self.assertIn(b" 503 ", read_all(last))
        for client in clients[:-1]:
            reset(client)


class Nonsense(HostileCase):
    def test_control_characters_everywhere(self):
        for at in range(len(GOOD) - 4):
            for byte in (b"\0", b"\x01", b"\x7f"):
                self.expect(400, GOOD[:at] + byte + GOOD[at:])

    def test_line_ends_everywhere(self):
        for at in range(len(GOOD) - 4):
            for end in (b"\r\n", b"\n", b"\rX"):
                answer = self.door.send(GOOD[:at] + end + GOOD[at:] + b"\r\n\r\n")
                # A line break before or in a header creates another header: never two answers.
                self.assertIn(answer.status, (200, 400, 421, 505), (at, end))
                self.assertEqual(answer.raw.count(b"\r\nConnection: close"), 1)

    def test_escaped_line_ends_do_not_split_the_answer(self):
        for target in ("/debug/pprof/%0d%0aSet-Cookie:x", PROFILE + "?a=%0d%0aSet-Cookie:x"):
            answer = self.door.get(target)
            self.assertIn(answer.status, (400, 404))
            self.assertNotIn(b"Set-Cookie", answer.raw)

    def test_other_protocols(self):
        self.expect(400, b"GET /\r\n")
        self.expect(400, b"GET / \r\n\r\n")
        self.expect(505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        self.expect(505, b"GET / HTTP/1.10\r\n\r\n")
        self.expect(400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        self.expect(400, b"\r\n\r\n")
        self.expect(400, b"EHLO example.org\r\n")

    def test_targets_that_are_no_path(self):
        for target in (b"http://localhost/debug/pprof/", b"*", b"localhost:80", b"//\xff", b"/a#b"):
            self.expect(400, b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")

    def test_methods(self):
        for method in (b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"get", b"X" * 9000):
            answer = self.expect(405, method + b" / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertIn("allow", answer.headers)

    def test_bodies_that_parsers_die_of(self):
        post = b"POST /debug/pprof/symbol HTTP/1.1\r\nHost: localhost\r\n"
        zipped = gzip.compress(b"0x1+" * 1000000)
        length = b"Content-Length: %d\r\n" % len(zipped)
        self.expect(400, post + b"Content-Encoding: gzip\r\n" + length + b"\r\n" + zipped)
        self.expect(400, post + b"Transfer-Encoding: chunked\r\n\r\n4\r\n0x1+\r\n0\r\n\r\n")
        self.expect(400, post + length + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        self.expect(400, post + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab")
        self.expect(400, post + b"Content-Length: 1, 1\r\n\r\na")
        multipart = b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 3\r\n\r\nabc"
        self.expect(400, post + multipart)
        self.expect(417, post + b"Expect: 100-continue\r\nContent-Length: 1\r\n\r\na")

    def test_hosts(self):
        line = b"GET /debug/pprof/ HTTP/1.1\r\n"
        self.expect(400, line + b"\r\n")
        self.expect(400, line + b"Host: localhost\r\nHost: localhost\r\n\r\n")
        for host in (b"evil.example", b"", b"127.1", b"localhost.evil.example", b"[::1", b"0x7f.1"):
            self.expect(421, line + b"Host: " + host + b"\r\n\r\n")

    def test_pipelined_requests_get_one_answer(self):
        answer = self.door.send(GOOD * 50)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.raw.count(b"\r\nConnection: close"), 1)

    def test_forged_headers_change_nothing(self):
        answer = self.door.get(PROFILE, "REMOTE_ADDR: 6.6.6.6", "X-Forwarded-Host: evil.example")
        self.assertEqual(answer.status, 200)


class Slow(HostileCase):
    def test_one_byte_every_second_ends_at_the_deadline(self):
        with self.door.connect() as client:
            client.settimeout(1)
            received = b""
            for byte in GOOD:
                try:
                    client.sendall(bytes([byte]))
                    received += client.recv(4096)
                except TimeoutError:
                    continue
                except OSError:
                    break
                break
        self.assertIn(b" 408 ", received)  # and not, 55 s later, the answer to the whole request

    def test_1000_half_open_connections_do_not_keep_others_out(self):
        clients = [self.door.connect(b"GET /debug/pprof/ HT") for _ in range(1000)]
        self.assertEqual(self.door.get(PROFILE).status, 200)
        self.assertLess(self.door.open_files(), self.idle + 200)
        for client in clients:
            client.close()

    def test_silent_connections_are_closed(self):
        with self.door.connect() as client:
            self.assertIn(b" 408 ", read_all(client))

    def test_slow_readers_do_not_keep_others_out(self):
        request = f"GET {BIG}?debug=1 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        before = self.door.resident_bytes()
        clients = []
        for _ in range(6):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", self.door.port))
            client.sendall(request)
            clients.append(client)
        for client in clients:  # all answers are made and wait
            self.assertTrue(client.recv(1))
        for path in ("/debug/pprof/cmdline", "/debug/pprof/", PROFILE):
            self.assertEqual(self.door.get(path).status, 200)
        grown = self.door.resident_bytes() - before
        if not os.environ.get("PPROF_CPP_SANITIZE"):  # a sanitizer retains freed memory
            self.assertLess(grown, 24 << 20)  # the texts are 6 MB each, and numbers deflate badly
        for client in clients:
            reset(client)

    def ask_and_read_nothing(self):
        request = f"GET {BIG} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        clients = []
        for _ in range(6):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", self.door.port))
            client.sendall(request)
            clients.append(client)
        for _ in range(10):
            self.assertEqual(self.door.get(PROFILE).status, 200)
        for client in clients:
            reset(client)

    def test_clients_that_read_nothing_hold_no_worker(self):
        self.ask_and_read_nothing()
        self.settle()
        # The memory of big answers stays with the allocator, which cuts it differently each time.
        self.slack_bytes = 16 << 20
        self.before = (self.before[0], self.door.resident_bytes())
        self.ask_and_read_nothing()

    def test_half_closed_client_gets_its_answer(self):
        with self.door.connect(GOOD) as client:
            client.shutdown(socket.SHUT_WR)
            self.assertIn(b" 200 OK", read_all(client))


class Leaving(HostileCase):
    def test_reset_at_every_byte_of_a_request(self):
        for sent in range(len(GOOD) + 1):
            reset(self.door.connect(GOOD[:sent]))

    def test_reset_at_every_byte_of_an_answer(self):
        whole = len(self.door.send(GOOD).raw)
        for wanted in range(whole):
            client = self.door.connect(GOOD)
            received = 0
            while received < wanted and (chunk := client.recv(wanted - received)):
                received += len(chunk)
            reset(client)

    def test_leaving_during_a_recording_ends_it(self):
        for leave in (socket.socket.close, reset):
            self.leave_a_recording(leave)

    def test_head_starts_nothing(self):
        started = self.door.count("door.started")
        self.assertEqual(self.door.get(RECORDING, method="HEAD").status, 200)
        self.assertEqual(self.door.count("door.started"), started)

    def test_more_recordings_than_allowed(self):
        request = f"GET {RECORDING} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        clients = [self.door.connect(request) for _ in range(32)]
        self.assertTrue(poll_until(lambda: self.door.count("door.recording") == 32))
        answer = self.expect(503, request)
        self.assertIn(b"32 recordings are running", answer.body)
        self.assertEqual(self.door.get(PROFILE).status, 200)
        for client in clients:
            client.close()
        self.assertTrue(poll_until(lambda: self.door.count("door.recording") == 0))


class Exhaustion(HostileCase):
    def test_no_file_descriptors_left(self):
        with self.without_descriptors():
            pass
        self.assertEqual(self.door.get(PROFILE).status, 200)

    def test_flood_of_complete_requests(self):
        statuses = []

        def ask():
            for _ in range(100):
                statuses.append(self.door.get(PROFILE).status)

        threads = [threading.Thread(target=ask) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(statuses), 1600)
        self.assertLessEqual(set(statuses), {200, 503})

    def test_refusals_are_counted(self):
        before = self.door.refused()
        self.door.get(PROFILE, host="evil.example")
        self.door.get(PROFILE, "Origin: http://evil.example")
        self.door.post(PROFILE)
        after = self.door.refused()
        grown = {cause for cause in after if after[cause] > before[cause]}
        self.assertEqual(grown, {"host", "cross_site", "method"})
        page = self.door.get("/debug/pprof/").body.decode()
        self.assertIn(f"<tr><td>{after['host']}</td><td>host</td></tr>", page)


class Statistical(HostileCase):
    """Verdicts of time: a test of its own for ctest, with a label."""

    def test_1000_half_open_connections_slow_nobody_down(self):
        clients = [self.door.connect(b"GET /debug/pprof/ HT") for _ in range(1000)]
        start = time.monotonic()
        self.assertEqual(self.door.get(PROFILE).status, 200)
        self.assertLess(time.monotonic() - start, 1)
        for client in clients:
            client.close()

    def test_one_byte_every_second_ends_after_two(self):
        start = time.monotonic()
        with self.door.connect(GOOD[:1]) as client:
            self.assertIn(b" 408 ", read_all(client))
        self.assertLess(time.monotonic() - start, 5)

    def test_leaving_ends_a_recording_within_two_tenths_of_a_second(self):
        for leave in (socket.socket.close, reset):
            self.assertLess(self.leave_a_recording(leave), 0.2)

    def test_without_file_descriptors_it_does_not_spin(self):
        with self.without_descriptors():
            used = self.door.cpu_seconds()
            time.sleep(1)
            self.assertLess(self.door.cpu_seconds() - used, 0.2)


if __name__ == "__main__":
    HostileCase.binary = sys.argv.pop(1)
    unittest.main()
