#!/usr/bin/env python3
"""The manual page and the completions know every verb and option that the help has, and they work."""

import os
import re
import shutil
import subprocess
import unittest

from command_case import COMMAND, CommandCase, Host

SOURCE = os.environ["COMMAND_SOURCE"]
BASH = os.path.join(SOURCE, "completion", "pprof-cpp.bash")
ZSH = os.path.join(SOURCE, "completion", "_pprof-cpp")
MANUAL = os.path.join(os.path.dirname(COMMAND), "pprof-cpp.1")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class WordsEverywhere(CommandCase):
    def help_words(self):
        """Verb -> the options in its help."""
        overview = self.pprof("--help").stdout.split("\n\n")[2]
        verbs = [line.split()[0] for line in overview.splitlines()]
        return {verb: set(re.findall(r"(?m)^  (?:-o, )?(--[a-z-]+)", self.pprof(verb, "--help").stdout))
                for verb in verbs}

    def test_the_manual_has_them(self):
        manual = read(MANUAL).replace("\\-", "-")
        for verb, options in self.help_words().items():
            self.assertIn(f"pprof-cpp {verb}\n", manual)
            for option in options:
                self.assertIn(option, manual)

    def test_the_completions_have_them(self):
        bash, zsh = read(BASH), read(ZSH)
        for verb, options in self.help_words().items():
            of_verb = re.search(rf"(?m)^    (?:\w+ \| )?{verb}(?: \| \w+)?\) (.*)", bash)[1]
            self.assertIn(f"'{verb}:", zsh)
            for option in options:
                self.assertIn(option + " ", of_verb)
                self.assertTrue(option in zsh)

    def test_the_program_takes_them(self):
        for verb, options in self.help_words().items():
            for option in options:
                result = self.pprof(verb, "--help", option, "1")
                self.assertEqual(result.returncode, 0, (verb, option, result.stderr))

    @unittest.skipUnless(shutil.which("man"), "there is no man")
    def test_the_manual_has_no_errors(self):
        result = subprocess.run(["man", "--warnings", "-l", MANUAL], capture_output=True, text=True,
                                env=dict(os.environ, MANWIDTH="80", LC_ALL="C.UTF-8"), check=True)
        self.assertEqual(result.stderr, "")
        self.assertIn("EXIT STATUS", result.stdout)


class Completion(CommandCase):
    def complete(self, *words):
        script = (f'source "{BASH}"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pprof_cpp; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        path = os.path.dirname(COMMAND) + ":" + os.environ["PATH"]
        return subprocess.run(["bash", "-c", script, "bash", "pprof-cpp", *words], text=True,
                              env=dict(self.environment, PATH=path), check=True,
                              capture_output=True).stdout.split()

    def test_bash(self):
        self.assertEqual(self.complete("c"), ["capture", "captures"])
        self.assertEqual(self.complete("top", "--b"), ["--by"])
        self.assertEqual(self.complete("top", "--by", "g"), ["grew"])
        self.assertEqual(self.complete("get", "1", "hea"), ["heap"])
        self.assertEqual(self.complete("run", "--children", "s"), ["serve"])
        self.assertIn("env", self.complete("run", "--listen", "127.0.0.1:0", "en"))
        self.assertIn("env", self.complete("run", "--", "en"))
        with Host(self) as host:
            self.assertIn(str(host.pid), self.complete("get", str(host.pid)[:2]))

    @unittest.skipUnless(shutil.which("zsh"), "there is no zsh")
    def test_zsh_reads_it(self):
        subprocess.run(["zsh", "-n", ZSH], check=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
