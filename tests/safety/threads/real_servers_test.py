#!/usr/bin/env python3
"""Unmodified servers under load with the preload library, fetching all profiles.

usage: real_servers_test.py --preload LIB --go GO [--seconds N] [SERVER...]
Servers that are not installed are skipped; exits with 77 if none is.
"""
import argparse
import http.client
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from preload_environment import preload_environment  # noqa: E402  (its folder is this one's parent)

FAILURES = []
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def check(condition, what, text=""):
    if not condition:
        FAILURES.append(what)
        print(f"FAILED: {what}\n{text}", flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(url, timeout=90):
    with OPENER.open(url, timeout=timeout) as answer:
        return answer.read()


def http_load(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/")
    connection.getresponse().read()
    connection.close()


def line_load(request, end):
    def load(port):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
            for _ in range(50):
                wire.sendall(request)
                answer = b""
                while not answer.endswith(end):
                    answer += wire.recv(65536)
    return load


def redis(port, work):
    return ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", work]


def memcached(port, work):
    return ["memcached", "-l", "127.0.0.1", "-p", str(port), "-u", "root", "-t", "4"]


def python(port, work):
    return [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "-d", work, str(port)]


def nginx(port, work):
    pathlib.Path(work, "nginx.conf").write_text(f"""
daemon off; master_process off; pid {work}/pid; error_log {work}/error;
events {{ }}
http {{ access_log off; server {{ listen 127.0.0.1:{port}; root {work}; autoindex on; }} }}
""")
    return ["nginx", "-c", f"{work}/nginx.conf", "-p", work]


SERVERS = {
    "redis-server": (redis, line_load(b"SET key value\r\n", b"\r\n")),
    "memcached": (memcached, line_load(b"set k 0 0 5\r\nvalue\r\n", b"STORED\r\n")),
    "python3": (python, http_load),
    "nginx": (nginx, http_load),
}


def wait_for(port, server):
    end = time.monotonic() + 30
    while time.monotonic() < end and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            time.sleep(0.05)
    return False


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class Load:
    """Requests from two threads until the block ends."""

    def __init__(self, load, port):
        self.load, self.port, self.stop, self.served = load, port, False, 0

    def run(self):
        while not self.stop:
            try:
                self.load(self.port)
                self.served += 1
            except (OSError, http.client.HTTPException):
                if not self.stop:
                    time.sleep(0.05)

    def __enter__(self):
        self.threads = [threading.Thread(target=self.run) for _ in range(2)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop = True
        for thread in self.threads:
            thread.join()


def read_by_pprof(go, path, name):
    done = subprocess.run([go, "tool", "pprof", "-top", path], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
                          env=dict(os.environ, PPROF_TMPDIR="/nonexistent"))
    check(done.returncode == 0 and "Type: " in done.stdout, f"{name}: pprof reads it", done.stdout)


COLLECTED = ("goroutine", "threadcreate", "heap", "allocs", "peak", "block?seconds=1", "mutex?seconds=1",
             "goroutine?seconds=1")


class Recording(threading.Thread):
    """A recording over the whole time, concurrent with the other profiles."""

    def __init__(self, base, query):
        super().__init__()
        self.url, self.query, self.answer, self.error = f"{base}/{query}", query, b"", ""

    def run(self):
        try:
            self.answer = fetch(self.url)
        except OSError as error:
            self.error = str(error)


def collect(name, base, go, path):
    for query in COLLECTED:
        pathlib.Path(path).write_bytes(fetch(f"{base}/{query}"))
        read_by_pprof(go, path, f"{name} {query}")
    dump = fetch(f"{base}/goroutine?debug=2").decode()
    check(dump.count("goroutine ") >= 1 and "\n\t" in dump, f"{name}: dump", dump)
    fetch(f"{base}/goroutine?debug=1")


def fetch_all(name, base, go, work, seconds):
    """Records CPU and wall clock for `seconds`, and fetches all other profiles repeatedly."""
    path = os.path.join(work, "profile.pb.gz")
    recordings = [Recording(base, f"profile?seconds={seconds}&hz=250"),
                  Recording(base, f"wall?seconds={seconds}&hz=250")]
    for recording in recordings:
        recording.start()
    rounds = 0
    while rounds == 0 or any(recording.is_alive() for recording in recordings):
        collect(name, base, go, path)
        rounds += 1
    for recording in recordings:
        recording.join()
        check(not recording.error, f"{name} {recording.query}", recording.error)
        pathlib.Path(path).write_bytes(recording.answer)
        read_by_pprof(go, path, f"{name} {recording.query}")
    return rounds


def start(name, command, preload, work, log):
    """The server, its port and the debug port; None when it does not start."""
    for _ in range(5):  # another program may take a free port before the server does
        port, door = free_port(), free_port()
        env = dict(os.environ, **preload_environment(preload), PPROF_CPP_LISTEN=f"127.0.0.1:{door}")
        server = subprocess.Popen(command(port, work), env=env, stdout=log, stderr=log)
        if wait_for(port, server) and wait_for(door, server):
            return server, port, door
        server.kill()
        server.wait()
        log.seek(0)
        said = log.read()
        if "in use" not in said:
            break
    check(False, f"{name} starts", said)
    return None, 0, 0


def test(name, preload, go, seconds):
    command, load = SERVERS[name]
    with tempfile.TemporaryDirectory() as work:
        with open(os.path.join(work, "log"), "w+", encoding="utf-8") as log:
            server, port, door = start(name, command, preload, work, log)
            if server is None:
                return
            try:
                with Load(load, port) as traffic:
                    base = f"http://127.0.0.1:{door}/debug/pprof"
                    rounds = fetch_all(name, base, go, work, seconds)
                check(server.poll() is None, f"{name} lives")
                check(traffic.served > 0, f"{name} serves")
                print(f"{name}: {seconds} s, {traffic.served} rounds of load, all profiles {rounds} times, "
                      f"{descriptors(server.pid)} descriptors", flush=True)
            finally:
                server.terminate()
                try:
                    server.wait(20)
                except subprocess.TimeoutExpired:
                    check(False, f"{name} ends")
                    server.kill()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--preload", required=True)
    parser.add_argument("--go", required=True)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("servers", nargs="*")
    arguments = parser.parse_args()
    present = [name for name in arguments.servers or SERVERS if shutil.which(name)]
    for name in present:
        test(name, os.path.abspath(arguments.preload), arguments.go, arguments.seconds)
    if not present:
        return 77
    return 1 if FAILURES else 0


if __name__ == "__main__":
    sys.exit(main())
