#!/usr/bin/env python3
"""Reads threads in known states over HTTP with `go tool pprof` and panicparse.

usage: threads_pprof_test.py --server EXE --go GO [--panicparse EXE]
"""
import argparse
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

FAILURES = []


def check(condition, what, text=""):
    if not condition:
        FAILURES.append(what)
        print(f"FAILED: {what}\n{text}")


def fetch(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=60) as answer:
        return answer.read().decode()


def fetch_until(url, wanted):
    """Again until the text has that, for a minute at most; pauses for the server's limit of dumps."""
    end = time.monotonic() + 60
    while True:
        text = fetch(url)
        if wanted in text or time.monotonic() > end:
            return text
        time.sleep(0.2)


def run(*command, text=None):
    env = dict(os.environ, PPROF_TMPDIR="/tmp", PPROF_BINARY_PATH="/nonexistent", no_proxy="*")
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=120, env=env, check=False)
    check(done.returncode == 0, f"{' '.join(command)}: exit {done.returncode}", done.stdout)
    return done.stdout


def has(text, *words):
    for word in words:
        check(word in text, f"no {word!r}", text)


def check_tool(go, base):
    def pprof(*arguments):
        return run(go, "tool", "pprof", *arguments)

    has(pprof("-top", base + "/goroutine"), "WaitForTheEnd", "Type: goroutine")
    has(pprof("-tags", base + "/goroutine?labels=all"), "state:", "thread:", "tid:", "route:", "waiter", "/a")
    has(pprof("-top", base + "/threads"), "WaitForTheEnd")
    has(pprof("-top", "-seconds", "2", base + "/profile"), "BusyWork", "Type: cpu")
    has(pprof("-tags", base + "/profile?seconds=3"), "route:", "/a", "/b")
    has(pprof("-top", base + "/wall?seconds=1&hz=50"), "WaitForTheEnd", "Type: time")
    has(pprof("-tags", base + "/wall?seconds=1"), "state:", "sync.Cond.Wait", "running", "route:")
    has(pprof("-top", base.replace("/pprof", "") + "/fgprof?seconds=1"), "WaitForTheEnd")
    has(pprof("-top", base + "/threadcreate"), "main", "Type: threadcreate")
    has(pprof("-top", "-seconds", "1", base + "/goroutine"), "Type: goroutine")


def check_texts(base):
    text = fetch_until(base + "/goroutine?debug=1", "5 @ 0x")  # some may not wait yet
    has(text, "goroutine profile: total ", "5 @ 0x", "WaitForTheEnd", '"route":"/a"')
    has(fetch(base + "/threadcreate?debug=1"), "threadcreate profile: total ", "# threads created")
    dump = fetch(base + "/goroutine?debug=2")
    has(dump, "[sync.Cond.Wait", '"waiter"', "created by main")
    check('"pprof-' not in dump, "own threads are shown", dump)
    has(fetch(base + "/goroutine?debug=2&self=1"), '"pprof-')
    # A running thread answers when it gets a CPU.
    return fetch_until(base + "/goroutine?debug=2&go=1", "SpinToTheEnd")


def check_panicparse(panicparse, dump):
    parsed = run(panicparse, "-no-color", text=dump)
    has(parsed, "WaitForTheEnd", "sync.Cond.Wait", "SpinToTheEnd", "5: ")
    check("\nmain(...)" not in parsed, "lines were left unparsed", parsed)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--go", default="")
    parser.add_argument("--panicparse", default="")
    arguments = parser.parse_args()
    server = subprocess.Popen([arguments.server], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True)
    try:
        base = f"http://127.0.0.1:{int(server.stdout.readline())}/debug/pprof"
        dump = check_texts(base)
        if arguments.go:
            check_tool(arguments.go, base)
        if arguments.panicparse:
            check_panicparse(arguments.panicparse, dump)
    finally:
        server.stdin.close()
        check(server.wait(30) == 0, "the server's end")
    return 1 if FAILURES else 0


if __name__ == "__main__":
    sys.exit(main())
