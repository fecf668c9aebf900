"""Starts programs with the preload library, and asks them. The tests beside it are started as

NAME_test.py PRELOAD GUEST_PROGRAM OWN_ENVIRONMENT FAILING_NEW DOOR_SERVER [unittest options]
"""

import http.client
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from door import poll_until  # noqa: E402,F401  (its folder is this one's parent; tests import it from here)
from preload_environment import preload_environment  # noqa: E402

PRELOAD, GUEST, OWN_ENVIRONMENT, FAILING_NEW, DOOR_SERVER = (
    os.path.abspath(sys.argv.pop(1)) for _ in range(5))
DEADLINE = 60
TOKEN = "t" * 40
PLAIN = {name: value for name, value in os.environ.items()
         if not name.startswith(("PPROF_CPP_", "LD_", "XDG_RUNTIME_DIR"))}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.host)


def ask(connection, headers=None):
    """Status and body of cmdline; None: nobody listens."""
    try:
        connection.request("GET", "/debug/pprof/cmdline", headers={"Host": "localhost", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError:
        return None
    finally:
        connection.close()


def ask_port(port, headers=None):
    return ask(http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE), headers)


def ask_socket(path):
    return ask(UnixConnection(str(path), timeout=DEADLINE))


def threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


class Guest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())
                                   if hasattr(self, "enterContext") else self.temporary())
        self.port = free_port()

    def temporary(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return folder.name

    def start(self, command, listen=None, **settings):
        environment = {**PLAIN, **preload_environment(PRELOAD), "XDG_RUNTIME_DIR": str(self.folder),
                       "PPROF_CPP_LISTEN": listen if listen is not None else f"127.0.0.1:{self.port}", **settings}
        process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.stop, process)
        return process

    @staticmethod
    def stop(process):
        process.kill()
        process.communicate()

    def finish(self, process, text=None):
        out, errors = process.communicate(text, timeout=DEADLINE)
        return process.returncode, out.strip(), errors

    def socket_of(self, pid):
        return self.folder / "pprof-cpp" / f"{pid}.sock"
