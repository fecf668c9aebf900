#!/usr/bin/env python3
"""At the limit of its address space no request ends the process, and the first one for a heap profile
is served: each endpoint over more and more room. A new process for each step, so that no step profits
from what the one before has allocated.

usage: address_space_test.py DOOR_SERVER      PPROF_TEST_LONG=1: steps of 4 KiB, some minutes
"""
import os
import resource
import socket
import subprocess
import sys

COLLECTED = ["", "heap", "heap?debug=1", "allocs", "peak", "goroutine", "goroutine?debug=1",
             "goroutine?debug=2", "block", "mutex", "threadcreate", "cmdline", "symbol?0x1234"]
RECORDED = ["heap?seconds=1", "profile?seconds=1", "wall?seconds=1"]
MOST_ROOM = 4 << 20
STEP = 4 << 10 if os.environ.get("PPROF_TEST_LONG") == "1" else 128 << 10
RECORDED_STEP = 1 << 20


def give_room(pid, room):
    with open(f"/proc/{pid}/statm") as statm:
        size = int(statm.read().split()[0]) * resource.getpagesize()
    resource.prlimit(pid, resource.RLIMIT_AS, (size + room, resource.RLIM_INFINITY))


# A cause that is not the true one: the machine is idle.
BUSY = b"too many"


def answer(port, path):
    """The status; 0 if the connection was closed without an answer, -1 if it claims to be busy."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(f"GET /debug/pprof/{path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        try:
            reader = client.makefile("rb")
            first = reader.readline().split()
            rest = reader.read()
        except ConnectionResetError:
            first, rest = [], b""
    if BUSY in rest:
        return -1
    return int(first[1]) if len(first) > 1 else 0


def try_all(server, room, seen):
    """The offences of one process."""
    process = subprocess.Popen([server], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        port = int(process.stdout.readline().split()[1])
        give_room(process.pid, room)
        if (status := answer(port, "heap")) != 200:
            yield f"room of {room} bytes: the first heap profile has status {status}"
        for path in COLLECTED + (RECORDED if room % RECORDED_STEP == 0 else []):
            give_room(process.pid, room)
            status = answer(port, path)
            seen[status] = seen.get(status, 0) + 1
            if status == -1:
                yield f"room of {room} bytes: {path!r} says that others keep the server busy"
            if process.poll() is not None:
                yield f"room of {room} bytes: {path!r} ended the process: {process.returncode}"
                return
        resource.prlimit(process.pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
        if answer(port, "heap?debug=1") != 200:
            yield f"room of {room} bytes: with memory again, heap does not answer"
    finally:
        process.kill()
        process.communicate()


def main():
    seen = {}
    offences = [offence for room in range(0, MOST_ROOM + 1, STEP)
                for offence in try_all(sys.argv[1], room, seen)]
    print("\n".join(offences) or "no request ended the process", seen)
    return 1 if offences or 200 not in seen else 0


if __name__ == "__main__":
    sys.exit(main())
