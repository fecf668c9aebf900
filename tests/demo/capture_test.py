#!/usr/bin/env python3
"""capture.sh with every client and shell, against a server with all kinds of answers."""

import glob
import gzip
import http.server
import os
import subprocess
import tarfile
import tempfile
import threading
import unittest

CAPTURE = os.environ["CAPTURE"]
CLIENTS = ["curl", "wget", "busybox wget"]
INDEX = "".join(f"<tr><td>1</td><td><a href='{name}?debug=1'>{name}</a></td></tr>\n" for name in
                ("allocs", "block", "cmdline", "heap", "my.own/conns", "profile", "symbol", "wall"))


class Endpoints(http.server.BaseHTTPRequestHandler):
    """Like pprof's: an index, profiles, an unsupported one, and two recordings."""

    def do_GET(self):
        path = self.path.replace("/debug/pprof/", "", 1)
        self.server.asked.append(path)
        status, body = 200, gzip.compress(path.encode())
        if path == "":
            body = INDEX.encode()
        elif path == "block":
            status, body = 501, b"block is not recorded in this process\n"
        elif path == "cmdline":
            body = b"another\0program"
        elif path == "heap?debug=1":
            body = b"heap profile: 0: 0\n\n--- Memory map: ---\n1000-2000 r-xp 0 00:00 1 /bin/x\n"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Capture(unittest.TestCase):
    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoints)
        self.server.asked = []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.folder = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()
        self.folder.cleanup()

    def capture(self, *arguments, shell=("sh",), client="curl"):
        environment = dict(os.environ, PPROF_CPP_CAPTURE_CLIENT=client)
        return subprocess.run([*shell, CAPTURE, *arguments], env=environment, text=True,
                              capture_output=True, timeout=120)

    def archive(self):
        """The files of the only archive: name without folder and time -> content."""
        (path,) = glob.glob(os.path.join(self.folder.name, "*.tar.gz"))
        contents = {}
        with tarfile.open(path) as tar:
            for member in tar.getmembers():
                if member.isfile():
                    parts = member.name.split("/", 1)[1].split(".")
                    name = ".".join(p for p in parts if not (p.endswith("Z") and "T" in p))
                    contents[name] = tar.extractfile(member).read()
        return contents

    def test_every_client_fetches_every_listed_profile(self):
        for client in CLIENTS:
            with self.subTest(client=client):
                result = self.capture(self.url, self.folder.name, client=client)
                self.assertEqual(result.returncode, 0, result.stderr)
                files = self.archive()
                for name in ("allocs", "heap", "my.own_conns", "profile", "wall"):
                    self.assertIn(name + ".pb.gz", files)
                self.assertEqual(gzip.decompress(files["wall.pb.gz"]), b"wall?seconds=5")
                self.assertEqual(files["cmdline.txt"], b"another\0program")
                self.assertEqual(files["maps.txt"], b"1000-2000 r-xp 0 00:00 1 /bin/x\n")
                manifest = files["manifest.txt"].decode()
                self.assertIn("block: 501", manifest)
                self.assertIn("go tool pprof -top heap.", manifest)
                for path in glob.glob(os.path.join(self.folder.name, "*.tar.gz")):
                    self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
                    os.remove(path)

    def test_every_shell_runs_it(self):
        for shell in (["dash"], ["busybox", "sh"], ["bash", "--posix"]):
            with self.subTest(shell=shell):
                result = self.capture(self.url, self.folder.name, shell=shell)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(os.listdir(self.folder.name),
                                 [os.path.basename(result.stdout.splitlines()[-1])])
                os.remove(result.stdout.splitlines()[-1])

    def test_the_servers_sentence_is_kept(self):
        self.capture(self.url, self.folder.name)
        self.assertIn(b"not recorded", self.archive()["block.pb.gz.error.txt"])

    def test_addresses_may_be_short_or_long(self):
        for url in (self.url[len("http://"):], self.url + "/", self.url + "/debug/pprof/"):
            with self.subTest(url=url):
                self.assertEqual(self.capture(url, self.folder.name).returncode, 0)

    def test_a_token_in_the_address_is_not_kept(self):
        url = self.url.replace("http://", "http://:SECRET@")
        result = self.capture(url, self.folder.name)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("SECRET", result.stdout + result.stderr)
        self.assertNotIn(b"SECRET", b"".join(self.archive().values()))

    def test_heap_comes_first_and_recordings_last(self):
        self.capture(self.url, self.folder.name)
        asked = [path for path in self.server.asked if path not in ("", "heap?debug=1")]
        self.assertEqual(asked[0], "heap")
        self.assertEqual(asked[-2:], ["profile?seconds=5", "wall?seconds=5"])

    def test_nothing_to_fetch_is_an_error(self):
        for client in CLIENTS:
            with self.subTest(client=client):
                result = self.capture("http://127.0.0.1:1", self.folder.name, client=client)
                self.assertEqual(result.returncode, 1)
                self.assertIn("nothing could be fetched", result.stderr)
                self.assertEqual(os.listdir(self.folder.name), [])

    def test_a_terminal_shows_how_far_it_is(self):
        master, terminal = os.openpty()
        with os.fdopen(master, "rb", buffering=0) as screen:
            done = subprocess.run(["sh", CAPTURE, self.url, self.folder.name], stderr=terminal,
                                  stdout=subprocess.DEVNULL, timeout=120,
                                  env=dict(os.environ, PPROF_CPP_CAPTURE_CLIENT="curl"))
            self.assertEqual(done.returncode, 0)
            os.close(terminal)
            shown = screen.read(65536).decode()
        self.assertIn("\r\033[Kcapture.sh: 1 of 8: heap\r\033[K", shown)
        self.assertIn("capture.sh: 8 of 8: wall, which is recorded for 5 s\r\033[K", shown)
        # A message is a line of its own, and nothing of the progress remains.
        self.assertIn("\r\033[Kcapture.sh: block: 501 ", shown)
        self.assertTrue(shown.endswith("\r\033[K"), shown)

    def test_wrong_arguments(self):
        self.assertEqual(self.capture().returncode, 2)
        self.assertEqual(self.capture("a", "b", "c").returncode, 2)


class CaptureOfDemoApp(unittest.TestCase):
    def test_a_local_process_gives_its_binary_and_build_ids(self):
        from demo_process import DEMO_APP, DemoApp
        with DemoApp("--debug") as app, tempfile.TemporaryDirectory() as folder:
            app.load(10)
            result = subprocess.run(["sh", CAPTURE, f"127.0.0.1:{app.debug_port}", folder],
                                    env=dict(os.environ, PPROF_CPP_CAPTURE_SECONDS="1"),
                                    capture_output=True, text=True, timeout=120)
            self.assertEqual(result.returncode, 0, result.stderr)
            (archive,) = glob.glob(os.path.join(folder, "*.tar.gz"))
            with tarfile.open(archive) as tar:
                names = tar.getnames()
                (ids,) = [name for name in names if name.endswith("/build_ids.txt")]
                ids = tar.extractfile(ids).read().decode()
            binary = os.path.realpath(DEMO_APP)
            self.assertTrue(any(name.endswith("/binaries" + binary) for name in names), names)
            self.assertIn(binary, ids)
            self.assertRegex(ids, r"(?m)^[0-9a-f]{40} ")


if __name__ == "__main__":
    unittest.main(verbosity=2)
