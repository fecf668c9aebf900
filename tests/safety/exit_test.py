#!/usr/bin/env python3
"""Ends a program in every way, with every owner of its Server, at random moments of requests, and
expects no crash, no hang, the program's own exit code, and the destructors of its global objects.

usage: exit_test.py EXIT_PROGRAM [TIMES]     TIMES (3) for each way and owner
"""
import concurrent.futures
import http.client
import os
import random
import signal
import subprocess
import sys
import threading

CODE = 7
# The exit code, and whether global objects are destroyed.
WAYS = {"return": (CODE, True), "exit": (CODE, True), "_exit": (CODE, False),
        "quick_exit": (CODE, False), "abort": (-signal.SIGABRT, False), "exec": (CODE, False),
        "signal": (-signal.SIGTERM, False), "last_thread": (0, True),
        "late": (CODE, True)}
# A program whose main thread calls pthread_exit never ends under ThreadSanitizer, with us or without.
if os.environ.get("PPROF_CPP_SANITIZE") == "thread":
    del WAYS["last_thread"]
OWNERS = ("stack", "static", "leaked", "library")
PATHS = ("heap", "heap?debug=1", "goroutine?debug=2", "profile?seconds=1", "wall?seconds=1",
         "heap?seconds=1", "cmdline", "")
AT_ONCE = 9


def ask(port, path, ended):
    while not ended.is_set():
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/debug/pprof/" + path)
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            pass  # the program has ended


def run_once(program, way, owner, random_source):
    """What was wrong, or None."""
    process = subprocess.Popen([program, way, owner], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    port = int(process.stdout.readline().split()[1])
    ended = threading.Event()
    paths = random_source.sample(PATHS, 3) if way != "late" else []  # it asks itself
    clients = [threading.Thread(target=ask, args=(port, path, ended)) for path in paths]
    for client in clients:
        client.start()
    ended.wait(random_source.uniform(0, 0.15))  # a random moment
    process.stdin.write("\n")
    process.stdin.flush()
    try:
        out, _ = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return "hangs"
    finally:
        ended.set()
        for client in clients:
            client.join()
    code, destroyed = WAYS[way]
    if process.returncode != code:
        return f"exit code {process.returncode} instead of {code}"
    if "answered" in out:
        return "answers with static objects that are destroyed"
    return None if ("destroyed" in out) == destroyed else f"destructors: {out!r}"


def main():
    program, times = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    seed = int(os.environ.get("PPROF_CPP_TEST_SEED", "1"))
    random_source = random.Random(seed)
    runs = [(way, owner, random.Random(random_source.random()))
            for way in WAYS for owner in OWNERS for _ in range(times)]
    # Side by side: the server notices the end of the last thread only after 15 s.
    runs.sort(key=lambda run: run[0] != "last_thread")
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda run: run_once(program, *run), runs))
    wrong = [(way, owner, what) for (way, owner, _), what in zip(runs, found) if what]
    for way, owner, what in wrong:
        print(f"{way} with the Server {owner}: {what}")
    print(f"{len(wrong)} of {len(runs)} exits were wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
