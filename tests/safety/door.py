"""Starts door_server, talks to it over raw sockets, and reads its resource use from the kernel."""

import os
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from polling import poll_until  # noqa: E402  (its folder is this one's parent)

HOST = "127.0.0.1"


class Answer:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.raw = raw
        self.status = int(lines[0].split(" ")[1]) if lines[0].startswith("HTTP/1.1 ") else 0
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(": ")
            self.headers[name.lower()] = value


class Door:
    """A running door_server."""

    def __init__(self, binary, *arguments):
        self.process = subprocess.Popen(
            [binary, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        line = self.process.stdout.readline()
        if not line.startswith("port "):
            sys.exit("door_server did not start")
        self.port = int(line.split()[1])
        self.pid = self.process.pid

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(timeout=60)

    def refused(self):
        """Refused requests by cause, from the API."""
        self.process.stdin.write("refused\n")
        self.process.stdin.flush()
        pairs = (pair.split("=") for pair in self.process.stdout.readline().split())
        return {cause: int(count) for cause, count in pairs}

    # Resource use from the kernel.
    def open_files(self):
        """The program's, and the server's, which are in a table of its threads."""
        programs = len(os.listdir(f"/proc/{self.pid}/fd"))
        shared = os.environ.get("PPROF_CPP_SANITIZE") == "thread"  # one table for both
        return programs if shared else programs + len(self.server_files())

    def idle_files(self):
        """The same, while the server does nothing: from time to time it opens files of /proc."""
        return min(self.open_files() for _ in range(100))

    def server_files(self):
        for task in os.listdir(f"/proc/{self.pid}/task"):
            try:
                with open(f"/proc/{self.pid}/task/{task}/comm", encoding="utf-8") as comm:
                    if comm.read() == "pprof-http\n":
                        return [int(fd) for fd in os.listdir(f"/proc/{self.pid}/task/{task}/fd")]
            except FileNotFoundError:
                pass  # a thread that ended
        raise AssertionError("there is no thread pprof-http")

    def threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def resident_bytes(self):
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    # Talking to it.
    def connect(self, data=b"", timeout=60):
        client = socket.create_connection((HOST, self.port), timeout=timeout)
        if data:
            client.sendall(data)
        return client

    def send(self, data, timeout=60):
        """Sends bytes and reads to the end. A server may close while we still send."""
        with self.connect(timeout=timeout) as client:
            try:
                client.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            return Answer(read_all(client))

    def get(self, path, *headers, host="localhost", method="GET"):
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *headers, "", ""]
        return self.send("\r\n".join(lines).encode("latin-1"))

    def post(self, path, body=b"", *headers):
        lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
        return self.send("\r\n".join([*lines, *headers, "", ""]).encode("latin-1") + body)

    def count(self, profile):
        """A number on the server's index page."""
        page = self.get("/debug/pprof/").body.decode()
        before = page.split(f"<td><a href='{profile}?debug=1'>")[0]
        return int(before.rpartition("<tr><td>")[2].partition("<")[0])


def read_all(client):
    received = b""
    try:
        while chunk := client.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


def reset(client):
    """Closes with RST instead of FIN."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
