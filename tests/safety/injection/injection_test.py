#!/usr/bin/env python3
"""Fails the n-th call of each kind in each of the profiler's threads during each request.

usage: injection_test.py HOST FAILING_CALLS_LIBRARY [--all] [ENDPOINT | at-once]...

at-once stands for the endpoints that answer without a window; the default is every endpoint.

The host must live, every request be answered, the next one succeed, and nothing stay behind: no
signal handler, no thread that spins, no open file. Without --all a few n of each, for a quick run.
"""

import mmap
import os
import re
import struct
import sys
import tempfile
import time
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import door  # noqa: E402
from preload_environment import preload_environment  # noqa: E402

KINDS = ("allocation", "mapping", "open", "read", "socket", "thread", "timer", "signal", "memory")
ENDPOINTS = (
    "", "cmdline", "symbol?0x401000", "heap", "heap?debug=1", "heap?seconds=1", "heap?min_age=1ms",
    "allocs", "peak", "goroutine", "goroutine?debug=1", "goroutine?debug=2", "threadcreate",
    "profile?seconds=1", "wall?seconds=1", "block?seconds=1&rate=1ns",
    "mutex?seconds=1&fraction=1",
)  # fmt: skip
NAME_BYTES, THREADS, HEAD_BYTES = 16, 32, 40
THREAD_BYTES = NAME_BYTES + 4 * len(KINDS)
SIGPROF = 27


class Calls:
    """The shared page of failing_calls.cpp."""

    def __init__(self):
        self.file = tempfile.NamedTemporaryFile()
        self.file.truncate(mmap.PAGESIZE)
        self.page = mmap.mmap(self.file.fileno(), mmap.PAGESIZE)

    def arm(self, kind=0, nth=0, thread=""):
        self.page[0:4] = struct.pack("<I", 0)
        self.page[4:] = bytes(len(self.page) - 4)
        self.page[4:20] = struct.pack("<4I", kind, nth, 0, 0)
        self.page[20:36] = thread.encode().ljust(NAME_BYTES, b"\0")
        self.page[0:4] = struct.pack("<I", 1)

    def disarm(self):
        self.page[0:4] = struct.pack("<I", 0)

    def failed(self):
        return struct.unpack_from("<I", self.page, 16)[0]

    def counted(self):
        """{(thread, kind): calls} of the last request that was only counted."""
        calls = {}
        for at in range(HEAD_BYTES, HEAD_BYTES + THREADS * THREAD_BYTES, THREAD_BYTES):
            name = self.page[at : at + NAME_BYTES].rstrip(b"\0").decode()
            numbers = struct.unpack_from(f"<{len(KINDS)}I", self.page, at + NAME_BYTES)
            for kind, number in enumerate(numbers):
                if name and number:
                    calls[name, kind] = calls.get((name, kind), 0) + number
        return calls


class Host(door.Door):
    def __init__(self, binary, library, calls):
        environment = preload_environment(library)
        with mock.patch.dict(os.environ, environment, PPROF_FAILING_CALLS=calls.file.name):
            super().__init__(binary)
        self.calls = calls

    def ask(self, endpoint):
        """The answer's status and body; status 0 for a connection without an answer."""
        request = f"GET /debug/pprof/{endpoint} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        try:
            with self.connect(request, timeout=10) as client:
                raw = b"".join(iter(lambda: client.recv(65536), b""))
        except (ConnectionResetError, ConnectionRefusedError):
            return 0, b""
        except TimeoutError:
            return 0, b"no answer in 10 s"
        answer = door.Answer(raw) if raw else None
        return (answer.status, answer.body) if answer else (0, b"")

    def handles_sigprof(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            caught = int(re.search(r"SigCgt:\s+([0-9a-f]+)", status.read())[1], 16)
        return bool(caught >> (SIGPROF - 1) & 1)

    def own_cpu_seconds(self):
        """CPU time of the profiler's threads."""
        ticks = 0
        for task in os.listdir(f"/proc/{self.pid}/task"):
            try:
                with open(f"/proc/{self.pid}/task/{task}/stat", encoding="latin-1") as stat:
                    name, _, rest = stat.read().partition("(")[2].rpartition(")")
            except OSError:
                continue
            if name.startswith("pprof-"):
                ticks += sum(int(field) for field in rest.split()[11:13])
        return ticks / os.sysconf("SC_CLK_TCK")


def chosen(calls, every):
    """Which of so many calls fail: all, or some that become rarer."""
    if every:
        return range(1, calls + 1)
    return sorted({1, 2, 3, calls // 3, calls // 2, calls} & set(range(1, calls + 1)))


class Injection:
    def __init__(self, binary, library, every, endpoints):
        self.binary, self.library, self.every = binary, library, every
        self.endpoints = endpoints
        self.calls = Calls()
        self.findings, self.tries, self.hits = [], 0, 0
        self.start()

    def start(self):
        self.host = Host(self.binary, self.library, self.calls)
        for endpoint in self.endpoints:  # what is made once is there afterwards
            self.host.ask(endpoint)
        self.files = self.host.open_files()

    def note(self, what, endpoint, text):
        self.findings.append(f"{endpoint or 'index'}: {what}: {text}")
        print("  ", self.findings[-1], flush=True)

    def fail(self, endpoint, thread, kind, nth):
        what = f"{thread}, {KINDS[kind]} {nth}"
        self.calls.arm(kind, nth, thread)
        status, body = self.host.ask(endpoint)
        self.calls.disarm()
        self.tries += 1
        self.hits += self.calls.failed()
        if self.died(status):
            self.note(what, endpoint, f"the host died: {self.host.process.returncode}")
            self.start()
            return
        # The thread of the connections may have no memory for a refusal: then it closes.
        if (not (status and body) and thread != "pprof-http") or body.startswith(b"no answer"):
            self.note(what, endpoint, f"status {status}, {body[:60]!r}")
        if (again := self.host.ask("cmdline"))[0] != 200:
            self.note(what, endpoint, f"the next request: {again}")

    def died(self, status):
        if status == 0:  # the kernel closes the sockets before the process is a zombie
            door.poll_until(lambda: self.host.process.poll() is not None, 0.5)
        return self.host.process.poll() is not None

    def settle(self, endpoint):
        """Nothing may stay behind of the failures of one endpoint."""
        host = self.host
        if not door.poll_until(lambda: not host.handles_sigprof(), 5):
            self.note("afterwards", endpoint, "SIGPROF is still handled")
        if not door.poll_until(lambda: host.open_files() <= self.files + 1, 5):
            self.note("afterwards", endpoint, f"{host.open_files()} files, before {self.files}")
        before, begin = host.own_cpu_seconds(), time.monotonic()
        if not door.poll_until(lambda: time.monotonic() > begin + 0.5, 5):
            return
        if (spent := host.own_cpu_seconds() - before) > 0.25:
            self.note("afterwards", endpoint, f"{spent:.2f} s of CPU in 0.5 s")
        if (again := host.ask(endpoint))[0] != 200:
            self.note("afterwards", endpoint, f"the next one: {again}")

    def run(self):
        for endpoint in self.endpoints:
            self.calls.arm()
            self.host.ask(endpoint)
            self.calls.disarm()
            counted = self.calls.counted()
            print(endpoint or "index", len(counted), "kinds", sum(counted.values()), "calls", flush=True)
            for (thread, kind), calls in sorted(counted.items()):
                for nth in chosen(calls, self.every):
                    self.fail(endpoint, thread, kind, nth)
            self.settle(endpoint)
        print(f"{self.tries} requests, {self.hits} failed calls, {len(self.findings)} findings")
        self.host.stop()
        return 1 if self.findings or not self.hits else 0


def endpoints_of(names):
    known = {"at-once": [endpoint for endpoint in ENDPOINTS if "seconds=" not in endpoint]}
    known.update({endpoint: [endpoint] for endpoint in ENDPOINTS})
    return [endpoint for name in names for endpoint in known[name]] or ENDPOINTS


if __name__ == "__main__":
    everything = "--all" in sys.argv or os.environ.get("PPROF_CPP_INJECT") == "all"
    names = [name for name in sys.argv[3:] if name != "--all"]
    sys.exit(Injection(sys.argv[1], sys.argv[2], everything, endpoints_of(names)).run())
