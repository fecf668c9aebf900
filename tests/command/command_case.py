"""Starts pprof-cpp and programs under it for the tests. COMMAND has the binary's path."""

import http.server
import os
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from polling import poll_until  # noqa: E402  (its folder is this one's parent)

COMMAND = os.environ["COMMAND"]
HOST = sys.executable  # a program that was not built with the profiler
# Says that it has begun, keeps 32 MiB of blocks, and ends with its stdin.
KEEPER = "import sys; kept = [bytes(1 << 16) for _ in range(512)]; print('ready', flush=True); sys.stdin.read()"


class Host:
    """A program under `pprof-cpp run`, until the end of the with statement. Every one of KEEPER's blocks
    is sampled, so that its heap is no matter of chance."""

    def __init__(self, case, *options, program=(HOST, "-c", KEEPER)):
        options = ("--heap-interval", "4k", *options)
        self.process = subprocess.Popen(
            [COMMAND, "run", *options, "--", *program], env=case.environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        line = self.process.stdout.readline()
        if line != "ready\n":
            raise AssertionError(f"{line!r} {self.process.communicate()[1]}")
        if not poll_until(lambda: case.pprof("get", str(self.pid), "cmdline").returncode == 0):
            raise AssertionError(case.pprof("get", str(self.pid), "cmdline").stderr)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate("")


class Answers(http.server.ThreadingHTTPServer):
    """Answers below /debug/pprof/ with what `pages` has: path -> (status, type, body, length)."""

    def __init__(self, pages):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages, self.requests = pages, []
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    @property
    def address(self):
        return f"127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.replace("/debug/pprof/", "", 1)
        self.server.requests.append((path, dict(self.headers)))
        page = self.server.pages.get(path, (404, "text/plain", b"Unknown profile\n"))
        page = page.pop(0) if isinstance(page, list) else page
        status, kind, body = page[:3]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(page[3] if len(page) > 3 else len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class CommandCase(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = self.scratch.name
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=self.folder, TZ="UTC")
        self.environment.pop("LD_PRELOAD", None)

    def tearDown(self):
        self.scratch.cleanup()

    def pprof(self, *arguments, text=True, **options):
        """Runs the command; its exit code, stdout and stderr."""
        options.setdefault("env", self.environment)
        options.setdefault("cwd", self.folder)
        return subprocess.run([COMMAND, *arguments], text=text, capture_output=True, timeout=120,
                              **options)

    def assert_refused(self, result, code, *words):
        """One sentence on stderr, nothing on stdout, and the documented exit code."""
        self.assertEqual((result.returncode, result.stdout), (code, ""), result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertTrue(result.stderr.startswith("pprof-cpp: "), result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
