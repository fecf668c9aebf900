#!/usr/bin/env python3
"""Every command of the runbook works, in its order, and the configurations are well formed."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import urllib.request

from demo_process import SANITIZED, DemoApp
from readme_test import read

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PPROF = os.environ["PPROF"]


def commands(text):
    """Each line that begins with "$ " in a code block."""
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield from re.findall(r"^\$ (.*)$", block, re.MULTILINE)


class Runbook(unittest.TestCase):
    def run_all(self, shown, port, name, folder):
        for command in shown:
            with self.subTest(command=command):
                here = command.replace("127.0.0.1:6060", f"127.0.0.1:{port}").replace("NAME", name)
                here = here.replace("go tool pprof", PPROF).replace("curl -s", "curl -sSf")
                done = subprocess.run(["bash", "-c", here], cwd=folder, capture_output=True,
                                      text=True, timeout=120)
                self.assertEqual(done.returncode, 0, done.stderr)
                if "-o " not in here and "sleep" not in here and "tar " not in here:
                    self.assertNotEqual(done.stdout, "")

    @unittest.skipIf(SANITIZED, "there is no heap profile under a sanitizer")
    def test_every_command(self):
        shown = list(commands(read("docs/operations.md")))
        self.assertGreaterEqual(len(shown), 13)
        with tempfile.TemporaryDirectory() as folder:
            os.environ["PPROF_CPP_WATCH"] = folder + "/captures"
            self.addCleanup(os.environ.pop, "PPROF_CPP_WATCH")
            with DemoApp("--debug") as app:
                take = urllib.request.Request(
                    f"http://127.0.0.1:{app.debug_port}/debug/pprof/captures", method="POST",
                    headers={"Content-Type": "application/json"})
                with urllib.request.urlopen(take, timeout=60) as answer:
                    name = json.load(answer)["name"]
                self.run_all(shown, app.debug_port, name, folder)


class Configurations(unittest.TestCase):
    """Their real schemas are those of other projects; kubernetes-validate, where it is installed, has
    that of Deployments."""

    FOLDER = ROOT + "/docs/operations"

    def files(self, *suffixes):
        return [f"{self.FOLDER}/{name}" for name in sorted(os.listdir(self.FOLDER))
                if name.endswith(suffixes)]

    @unittest.skipIf(SANITIZED, "there is no heap profile under a sanitizer")
    def test_variables_are_known_and_paths_are_served(self):
        sources = subprocess.run(["grep", "-rhoE", "PPROF_CPP_[A-Z_]+", ROOT + "/profiler",
                                  ROOT + "/endpoints"], capture_output=True, text=True).stdout
        for file in self.files(".yaml", ".yml", ".alloy"):
            with open(file) as text:
                for variable in re.findall(r"PPROF_CPP_[A-Z_]+", text.read()):
                    self.assertIn(variable, sources.split(), file)
        with DemoApp("--debug") as app:
            for file in self.files(".yaml", ".alloy"):
                with open(file) as text:
                    paths = re.findall(r'path\W+(/debug/[\w/]+)', text.read())
                for path in paths:
                    url = f"http://127.0.0.1:{app.debug_port}{path}"
                    if path == "/debug/fgprof":
                        url += "?seconds=1"
                    with urllib.request.urlopen(url, timeout=60) as answer:
                        self.assertEqual(answer.status, 200, path)

    def test_deployments_are_valid(self):
        validate = shutil.which("kubernetes-validate")
        if validate is None:
            self.skipTest("kubernetes-validate is not installed (pip install kubernetes-validate)")
        for file in self.files(".yaml"):
            if "deployment" in file:
                done = subprocess.run([validate, "--strict", file], capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
