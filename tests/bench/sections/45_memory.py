#!/usr/bin/env python3
"""Prints the section "Memory of a request" of docs/performance.md. Exit 1 on a missed bar.

usage: 45_memory.py BUILD_FOLDER
"""
import pathlib
import re
import socket
import subprocess
import sys
import time

SIZE = ("1000000", "100000", "10000")
BAR_MIB = 8
ENDPOINTS = (
    "", "cmdline", "symbol?0x401000", "heap", "heap?debug=1", "heap?seconds=1", "heap?min_age=1ms",
    "allocs", "peak", "goroutine", "goroutine?debug=1", "goroutine?debug=2", "threadcreate",
    "profile?seconds=1", "wall?seconds=1", "block?seconds=1&rate=1ns",
    "mutex?seconds=1&fraction=1",
)


def kilobytes(pid, field):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(rf"{field}:\s+(\d+)", status)[1])


def ask(port, endpoint):
    """The answer's status and bytes."""
    request = f"GET /debug/pprof/{endpoint} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), timeout=300) as client:
        client.sendall(request)
        start, size = b"", 0
        while chunk := client.recv(1 << 16):
            start, size = start or chunk, size + len(chunk)
    return int(start.split(b" ")[1]), size


def measure(pid, port, endpoint):
    """Bytes of the answer; MiB above the level before, at most and a second after it."""
    before = kilobytes(pid, "VmRSS")
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")  # resets VmHWM
    status, size = ask(port, endpoint)
    assert status == 200, (endpoint, status)
    peak = kilobytes(pid, "VmHWM") - before
    time.sleep(1)
    return size, peak / 1024, (kilobytes(pid, "VmRSS") - before) / 1024


def main():
    host = subprocess.Popen([pathlib.Path(sys.argv[1]) / "bench/pprof_memory_host", *SIZE],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = int(host.stdout.readline().split()[1])
    print("## Memory of a request\n")
    print(f"What a request adds to a process of {kilobytes(host.pid, 'VmRSS') >> 10} MiB with "
          f"{int(SIZE[0]):,} sampled live blocks, {int(SIZE[1]):,} stacks (the sampler keeps 65,536) "
          f"and {int(SIZE[2]):,} threads; the second request of each.\n")
    print("| request | bytes sent | at most, MiB | after 1 s, MiB | bar |\n|---|---|---|---|---|")
    missed = False
    for endpoint in ENDPOINTS:
        measure(host.pid, port, endpoint)
        size, peak, after = measure(host.pid, port, endpoint)
        missed |= peak > BAR_MIB
        print(f"| `{endpoint or 'the index'}` | {size:,} | {peak:.1f} | {after:+.1f} | {BAR_MIB} |")
    host.kill()
    host.wait()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
