#!/usr/bin/env python3
"""pprof-cpp run: the program becomes what it would have been, with the profiler in it."""

import gzip
import os
import shutil
import struct
import unittest

from command_case import COMMAND, HOST, KEEPER, CommandCase, Host

PERIOD_64K = b"\x60\x80\x80\x04"  # field 12 of profile.proto: the mean distance of two samples
ELF64, ELF32, X86_64 = 2, 1, 62


def elf(bits, machine):
    """An ELF executable without segments, and so without an interpreter."""
    ident = b"\x7fELF" + bytes([bits, 1, 1]) + bytes(9)
    return ident + struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, 0, 64, 0, 0, 64, 56, 0, 64, 0, 0)


class Run(CommandCase):
    def run_python(self, code, *options, **more):
        return self.pprof("run", *options, "--", HOST, "-c", code, **more)

    def program(self, name, content, mode=0o755):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, mode)
        return path

    def test_arguments_output_and_exit_code_are_the_programs(self):
        result = self.run_python("import sys; print(sys.argv[1:]); sys.exit(7)")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (7, "[]\n", ""))
        result = self.pprof("run", "printf", "%s|", "a b", "--", "--seconds")
        self.assertEqual(result.stdout, "a b|--|--seconds|", result.stderr)

    def test_the_library_is_preloaded_before_what_is_there(self):
        show = "import os; print(os.environ['LD_PRELOAD'])"
        alone = self.run_python(show).stdout.strip()
        self.assertEqual(os.path.basename(alone), "libpprof_preload.so")
        before = dict(self.environment, LD_PRELOAD="libm.so.6")
        both = self.run_python(show, env=before).stdout.strip()
        self.assertEqual(both, alone + ":libm.so.6")
        again = self.pprof("run", COMMAND, "run", HOST, "-c", show, env=before)
        self.assertEqual(again.stdout.strip(), both, "once is enough")

    def test_the_settings_reach_the_program(self):
        with Host(self, "--heap-interval", "64k") as host:
            heap = self.pprof("get", str(host.pid), "heap", "-o", "-", text=False).stdout
            self.assertIn(PERIOD_64K, gzip.decompress(heap))
        show = "import os; print(os.environ['PPROF_CPP_CHILDREN'], os.environ['PPROF_CPP_LISTEN'])"
        self.assertEqual(self.run_python(show).stdout,
                         f"serve unix:{self.folder}/pprof-cpp/%p.sock\n")
        tcp = self.run_python(show, "--children", "off", "--listen", "127.0.0.1:0")
        self.assertEqual(tcp.stdout, "off 127.0.0.1:0\n")

    def test_the_allocator_is_chosen(self):
        show = "import os; print(os.environ.get('PPROF_CPP_ALLOCATOR'))"
        self.assertEqual(self.run_python(show).stdout, "None\n", "the library decides")
        for choice in ("tcmalloc", "keep"):
            self.assertEqual(self.run_python(show, "--allocator", choice).stdout, choice + "\n")

    def test_a_folder_with_a_blank_has_the_library_too(self):
        there = os.path.join(self.folder, "my tools")
        os.mkdir(there)
        shutil.copy(COMMAND, there)
        library = os.path.join(os.path.dirname(COMMAND), "../profiler/preload/libpprof_preload.so")
        shutil.copy(library, there)
        result = self.pprof("run", HOST, "-c", "print('libpprof_preload' in open('/proc/self/maps').read())",
                            executable=os.path.join(there, "pprof-cpp"))
        self.assertEqual((result.stdout, result.stderr), ("True\n", ""))

    def test_a_wrapper_that_becomes_the_program_passes_it_on(self):
        for wrapper in (["sh", "-c", 'exec "$@"', "sh"], ["env", "A=B"], ["nice"]):
            with self.subTest(wrapper=wrapper):
                with Host(self, program=(*wrapper, HOST, "-c", KEEPER)) as host:
                    heap = self.pprof("get", str(host.pid), "heap?debug=1").stdout
                    self.assertGreater(int(heap.split()[3]), 32 << 20)

    def test_programs_that_cannot_be_found(self):
        self.assert_refused(self.pprof("run", "no-such-program"), 127, "no-such-program", "PATH")
        self.assert_refused(self.pprof("run", "./no-such"), 127, "./no-such")
        plain = self.program("plain", b"text", 0o644)
        self.assert_refused(self.pprof("run", plain), 126, "may start")

    def test_programs_that_cannot_be_preloaded(self):
        static = self.program("static", elf(ELF64, X86_64))
        self.assert_refused(self.pprof("run", static), 126, "linked statically")
        foreign = self.program("foreign", elf(ELF32, 3))
        self.assert_refused(self.pprof("run", foreign), 126, "x86-64")
        script = self.program("script", f"#!{static}\n".encode())
        self.assert_refused(self.pprof("run", script), 126, "linked statically")

    @unittest.skipUnless(os.geteuid() == 0, "only root gives files away")
    def test_setuid_is_refused(self):
        path = self.program("gains", b"")
        os.chown(path, 12345, 12345)
        for mode in (0o4755, 0o2755):
            os.chmod(path, mode)
            self.assert_refused(self.pprof("run", path), 126, "setuid")

    def test_command_lines_without_sense(self):
        for words, said in ((["--children", "perhaps"], "serve or off"),
                            (["--allocator", "dlmalloc"], "tcmalloc or keep"),
                            (["--heap-interval", "5q"], "512k"),
                            (["--listen", "a:1", "--socket"], "exclude"),
                            (["--nonsense"], "--nonsense"),
                            (["--listen"], "--listen")):
            with self.subTest(words=words):
                program = [] if words == ["--listen"] else ["true"]
                self.assert_refused(self.pprof("run", *words, *program), 2, said)
        self.assert_refused(self.pprof("run"), 2, "missing")

    def test_a_folder_for_sockets_that_others_may_enter_is_refused(self):
        os.mkdir(os.path.join(self.folder, "pprof-cpp"), 0o755)
        self.assert_refused(self.pprof("run", "true"), 126, "0700", "XDG_RUNTIME_DIR")
        self.assertEqual(self.pprof("run", "--listen", "127.0.0.1:0", "true").returncode, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
