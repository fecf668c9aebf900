#!/usr/bin/env python3
"""Captures over HTTP, and by the command."""

import io
import json
import os
import subprocess
import tarfile
import unittest
import urllib.error
import urllib.request

from watch_case import LEAKER, WatchCase

COMMAND = os.environ["COMMAND"]


class Endpoints(WatchCase):
    def ask(self, path, method="GET", **headers):
        request = urllib.request.Request(f"{self.base}/{path}", method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def post(self, path):
        return self.ask(path, "POST", **{"Content-Type": "application/json"})

    def command(self, *words):
        done = subprocess.run([COMMAND, *words], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def listed(self):
        status, body = self.ask("captures")
        self.assertEqual(status, 200)
        return json.loads(body)

    def test_take_list_fetch_and_remove(self):
        leaker = self.start(1000, 40)
        port = leaker.stdout.readline().split()[1]
        self.assertEqual(leaker.stdout.readline(), "full\n")
        self.base = f"http://127.0.0.1:{port}/debug/pprof"
        self.assertEqual(self.listed(), {"captures": [], "deaths": []})
        # A form of another page cannot ask for one.
        self.assertEqual(self.ask("captures", "POST")[0], 415)
        status, body = self.post("captures")
        self.assertEqual(status, 200, body)
        name = json.loads(body)["name"]
        self.assert_whole(name)
        self.assert_names_leak(name)

        capture, = self.listed()["captures"]
        self.assertEqual([capture[key] for key in ("name", "reason", "pid", "before_death")],
                         [name, "asked", leaker.pid, False])
        self.assertEqual(capture["files"], sorted(os.listdir(f"{self.captures_at}/{name}")))
        for file in capture["files"]:
            with open(f"{self.captures_at}/{name}/{file}", "rb") as original:
                self.assertEqual(self.ask(f"captures/{name}/{file}"), (200, original.read()))
        status, body = self.ask(f"captures/{name}.tar.gz")
        self.assertEqual(status, 200)
        with tarfile.open(fileobj=io.BytesIO(body)) as tar:
            self.assertEqual(tar.getnames(), [f"{name}/{file}" for file in capture["files"]])
            heap = tar.extractfile(f"{name}/heap.pb.gz").read()
        with open(f"{self.captures_at}/{name}/heap.pb.gz", "rb") as original:
            self.assertEqual(heap, original.read())

        history = json.loads(self.ask(f"captures/{name}/history.json")[1])
        self.assertEqual([row["seconds"] for row in history["resolutions"]], [1, 10, 300])
        self.assertIn(("capture", name), [(mark["kind"], mark["text"]) for mark in history["marks"]])
        self.assertIn("\npprof_cpp_captures_total 1\n", self.ask("metrics")[1].decode())

        listing = self.command("captures", f"127.0.0.1:{port}")
        self.assertRegex(listing, rf"^{name}\t\d+ KiB\t\n$")
        archive = f"{self.folder.name}/last.tar.gz"
        self.assertEqual(self.command("captures", f"127.0.0.1:{port}", "last", "-o", archive),
                         archive + "\n")
        with tarfile.open(archive) as tar:
            self.assertIn(f"{name}/heap.pb.gz", tar.getnames())

        for nothing in ("captures/", f"captures/{name}", f"captures/{name}/none", "captures/x.tar.gz",
                        f"captures/{name}/..%2f..%2fcaptures", "captures/../../etc/passwd",
                        f"captures/{name}/", "capturesx", f"captures/{name}/.run"):
            self.assertIn(self.ask(nothing)[0], (200, 404) if nothing == "captures/" else (400, 404),
                          nothing)
        self.assertEqual(self.post(f"captures/{name}x/delete")[0], 404)
        self.assertEqual(self.post(f"captures/{name}/delete"), (200, b"ok\n"))
        self.assertEqual(self.listed()["captures"], [])
        self.assertEqual(self.captures(), [])
        self.quit(leaker)

    def test_without_a_watch(self):
        environment = {name: text for name, text in os.environ.items() if name != "PPROF_CPP_WATCH"}
        leaker = subprocess.Popen([LEAKER, "1000", "1"], env=environment, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        self.base = f"http://127.0.0.1:{leaker.stdout.readline().split()[1]}/debug/pprof"
        self.assertEqual(self.listed(), {"captures": [], "deaths": []})
        self.assertEqual(self.post("captures"), (404, b"nothing watches this process\n"))
        self.quit(leaker)


if __name__ == "__main__":
    unittest.main()
