"""Starts demo_app for a test and sends requests. DEMO_APP has the binary's path."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from polling import poll_until  # noqa: E402,F401  (its folder is this one's parent; tests import it from here)

DEMO_APP = os.environ["DEMO_APP"]
# These bring their own malloc: there is no heap profile. UndefinedBehaviorSanitizer does not.
SANITIZED = os.environ.get("PPROF_CPP_SANITIZE") in ("address", "thread")


class DemoApp:
    """with DemoApp("--fix", "clear") as app: app.get("/orders/1")"""

    def __init__(self, *options):
        self.process = subprocess.Popen(
            [DEMO_APP, "--listen", "127.0.0.1:0", "--debug-listen", "127.0.0.1:0", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.port = self._port_in_line("orders at")
        self.debug_port = self._port_in_line("profiles at") if "--debug" in options else None

    def _port_in_line(self, beginning):
        line = self.process.stdout.readline()
        found = re.match(beginning + r" http://127\.0\.0\.1:(\d+)/", line)
        if not found:
            self.process.kill()
            raise AssertionError(f"{line!r} {self.process.communicate()[1]}")
        return int(found.group(1))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def get(self, path):
        """Status and body of one request on a new connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, body

    def stats(self):
        return json.loads(self.get("/stats")[1])

    def load(self, requests, path="/orders/17"):
        """Sends this many requests on one kept-alive connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        for _ in range(requests):
            connection.request("GET", path)
            connection.getresponse().read()
        connection.close()

    def stop(self, signal_number=signal.SIGTERM):
        """Returns the exit code and the seconds it took."""
        start = time.monotonic()
        self.process.send_signal(signal_number)
        code = self.process.wait(timeout=60)
        return code, time.monotonic() - start

    def listening_sockets(self):
        """Number of listening TCP sockets of the process."""
        inodes = set()
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            with open(table, encoding="ascii") as file:
                rows = [line.split() for line in file][1:]
            inodes |= {row[9] for row in rows if row[3] == "0A"}
        folder = f"/proc/{self.process.pid}/fd"
        links = {os.readlink(os.path.join(folder, fd)) for fd in os.listdir(folder)}
        return sum(f"socket:[{inode}]" in links for inode in inodes)
