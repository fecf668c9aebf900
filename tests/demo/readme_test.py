#!/usr/bin/env python3
"""The README's curl examples answer as documented."""

import os
import re
import subprocess
import unittest

from demo_process import DemoApp

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def examples(text):
    """(command, output) of every "$ curl ..." in a code block."""
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        for command, output in re.findall(r"^\$ (curl .*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            yield command, output


class Readme(unittest.TestCase):
    def test_curl_examples_answer_as_shown(self):
        shown = list(examples(read("README.md")))
        self.assertGreaterEqual(len(shown), 3)
        with DemoApp("--debug") as app:
            for command, output in shown:
                with self.subTest(command=command):
                    here = command.replace("127.0.0.1:6060", f"127.0.0.1:{app.debug_port}")
                    answer = subprocess.run(["bash", "-c", here.replace("curl ", "curl -s ", 1)],
                                            capture_output=True, text=True, timeout=120).stdout
                    if "cmdline" in command:  # where the binary lies differs
                        self.assertRegex(answer, r"demo_app --listen 127\.0\.0\.1:\d+ ")
                    else:
                        self.assertEqual(answer.strip(), output.strip())

    def test_install_line_is_what_a_build_needs(self):
        shown = re.search(r"^apt-get install -y ((?:.|\\\n)*?)\n```", read("README.md"), re.MULTILINE)
        group = subprocess.run(
            ["bash", "-c", "source scripts/install_dependencies.sh && dependency_group build"],
            cwd=ROOT, capture_output=True, text=True, check=True).stdout
        self.assertEqual(set(shown[1].replace("\\\n", " ").split()),
                         {package.split("=")[0] for package in group.split()})


if __name__ == "__main__":
    unittest.main(verbosity=2)
