#!/usr/bin/env python3
"""Messages of the heap profile under sanitizers, Valgrind, other allocators, and wrong link orders.

usage: heap_support_test.py BUILD_FOLDER   (made by the build: support_probe, libpprof_preload.so)
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from preload_environment import preload_environment  # noqa: E402  (its folder is this one's parent)

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
SOURCE = pathlib.Path(__file__).resolve().parent / "support_probe.cpp"
ASKS = SOURCE.with_name("allocator_probe.cpp")
SANITIZED = SOURCE.with_name("sanitized_program.cpp")
INCLUDE = pathlib.Path(__file__).resolve().parents[3] / "profiler/include"
PROBE = BUILD / "tests/safety/heap/support_probe"
PROFILER = [BUILD / "profiler" / name for name in (
    "pprof_interpose.o", "libpprof_profiler.a", "libpprof_symbolize.a")]
PRELOAD = BUILD / "profiler/preload/libpprof_preload.so"
LIBRARIES = pathlib.Path("/usr/lib/x86_64-linux-gnu")
ARCHIVE = LIBRARIES / "libtcmalloc_minimal.a"
OTHERS = ["-lz", "-lfmt", "-ldl", "-lpthread"] + [
    f"-l{name}" for name in ("zstd", "lzma", "isal") if (LIBRARIES / f"lib{name}.so").exists()]


def output(command, **environment):
    run = subprocess.run([str(part) for part in command], env=dict(os.environ, **environment),
                         capture_output=True, text=True, timeout=300)
    return run.stdout + run.stderr


class Linked(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def link(self, *arguments, compiler="g++"):
        """The program's path, or the linker's output."""
        program = pathlib.Path(self.folder.name) / "program"
        program.unlink(missing_ok=True)
        said = output([compiler, "-std=c++17", "-O2", "-g", "-I", INCLUDE, *arguments, "-o", program])
        return program if program.exists() else said

    def assert_sampled(self, command, **environment):
        self.assertIn("sampled enough", output(command, **environment))


class Allocators(Linked):
    def test_plain_program_is_sampled(self):
        self.assert_sampled([PROBE])

    def test_interval_zero_samples_nothing_but_is_supported(self):
        self.assertIn("sampled too little", output([PROBE], PPROF_CPP_HEAP_INTERVAL="0"))

    # An executable's own malloc precedes every preloaded one.
    def test_preloaded_allocator_does_not_win_over_the_executable(self):
        self.assert_sampled([PROBE], LD_PRELOAD="libjemalloc.so.2")

    def test_sanitized_program_with_an_unsanitized_profiler_is_told(self):
        program = self.link("-fsanitize=address", SOURCE, *PROFILER, "-ltcmalloc_minimal",
                            *OTHERS)
        said = output([program], ASAN_OPTIONS="detect_leaks=0:alloc_dealloc_mismatch=0")
        self.assertIn("no: no heap profile: this program runs under AddressSanitizer", said)

    # llvm-bolt refuses a program that names a sanitizer's function, if only weakly.
    def test_linked_program_names_no_sanitizer(self):
        self.assertNotRegex(output(["nm", PROBE]), r"__[a-z]+san_init")

    def probe_for_valgrind(self):
        """Without debug information: Valgrind 3.19 gives up at the DWARF 5 that clang writes."""
        probe = pathlib.Path(self.folder.name) / "probe"
        subprocess.run(["strip", "--strip-debug", "-o", probe, PROBE], check=True)
        return probe

    @unittest.skipUnless(shutil.which("valgrind"), "valgrind is not installed")
    def test_memcheck_is_told(self):
        said = output(["valgrind", "-q", "--tool=memcheck", self.probe_for_valgrind()])
        self.assertIn("no: no heap profile: Valgrind has replaced the allocator", said)

    @unittest.skipUnless(shutil.which("valgrind"), "valgrind is not installed")
    def test_callgrind_works(self):
        self.assert_sampled(["valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                             self.probe_for_valgrind()])


class SanitizedPrograms(Linked):
    """The program is built with a sanitizer, the profiler is not: the sanitizer works as without it."""

    def compilers(self):
        return [name for name in ("g++", "clang++") if shutil.which(name)]

    def ended(self, compiler, sanitizer, *arguments):
        """The exit code, and all output."""
        program = self.link(f"-fsanitize={sanitizer}", SANITIZED, *PROFILER, "-ltcmalloc_minimal",
                            *OTHERS, compiler=compiler)
        # clang's runtime comes before our operator new, and reports 8 bytes that tcmalloc leaks.
        options = {"ASAN_OPTIONS": "detect_leaks=0"} if compiler == "clang++" else {}
        run = subprocess.run([program, *arguments], env=dict(os.environ, **options),
                             capture_output=True, text=True, timeout=120)
        return run.returncode, run.stdout + run.stderr

    def test_no_fault_is_reported_and_the_heap_profile_says_why_it_is_not_there(self):
        for compiler in self.compilers():
            for sanitizer, name in (("address", "AddressSanitizer"), ("thread", "ThreadSanitizer")):
                with self.subTest(compiler=compiler, sanitizer=sanitizer):
                    code, said = self.ended(compiler, sanitizer)
                    self.assertIn("goroutine: taken\nheap: no heap profile: this program runs under "
                                  + name, said)
                    self.assertIn("\nsum 1998000\n", said)
                    self.assertEqual(code, 0, said)

    def test_faults_of_the_program_are_found(self):
        for compiler in self.compilers():
            for sanitizer, fault, report in (("address", "overflow", "heap-buffer-overflow"),
                                             ("thread", "race", "data race")):
                with self.subTest(compiler=compiler, sanitizer=sanitizer):
                    code, said = self.ended(compiler, sanitizer, fault)
                    self.assertIn(report, said)
                    self.assertNotEqual(code, 0)


class LinkOptions(Linked):
    def test_exclude_libs_hides_nothing(self):
        self.assert_sampled([self.link(SOURCE, *PROFILER, "-ltcmalloc_minimal", *OTHERS,
                                       "-Wl,--exclude-libs,ALL")])

    def test_link_time_optimization_does_not_inline_malloc(self):
        self.assert_sampled([self.link("-flto", SOURCE, *PROFILER, "-ltcmalloc_minimal", *OTHERS)])

    # The C library cannot call a malloc that is local to the program.
    def test_version_script_that_hides_malloc_is_told(self):
        script = pathlib.Path(self.folder.name) / "version.map"
        script.write_text("{ local: *; };\n")
        program = self.link(SOURCE, *PROFILER, "-ltcmalloc_minimal", *OTHERS,
                            f"-Wl,--version-script={script}")
        self.assertIn("no: no heap profile: a linker option such as --exclude-libs or a version "
                      "script hides pprof-cpp's malloc in the program itself", output([program]))


class Answers(Linked):
    """What programs expect of glibc's malloc."""
    def probe(self, *arguments):
        return self.link(ASKS, *arguments, *PROFILER, "-ltcmalloc_minimal", *OTHERS)

    def test_mallinfo_and_malloc_trim_answer_for_the_allocator_in_use(self):
        self.assertIn("\nyes\n", output([self.probe(), "info"]))

    def test_failed_requests_write_nothing(self):
        self.assertEqual(output([self.probe(), "refused"]), "yes\n")

    def test_operator_new_of_the_program_is_kept_and_named(self):
        said = output([self.probe("-DOWN_OPERATOR_NEW"), "comment"])
        self.assertIn("operator new is answered by the program itself, not by pprof-cpp", said)
        self.assertIn("\nyes\n", said)

    def test_blocks_of_a_module_with_deepbind_can_be_freed(self):
        program = self.probe()
        module = pathlib.Path(self.folder.name) / "module.so"
        output(["g++", "-std=c++17", "-DPLUGIN", "-shared", "-fPIC", ASKS, "-o", module])
        self.assertEqual(output([program, "deepbind", module]), "yes\n")


@unittest.skipUnless(ARCHIVE.exists(), "no static tcmalloc")
class StaticTcmalloc(Linked):
    def weakened(self):
        """A copy of the archive with a weak malloc family, so that ours is used."""
        copy = pathlib.Path(self.folder.name) / "libtcmalloc_weak.a"
        subprocess.run(["objcopy", "--wildcard", "--weaken-symbol=_Zn[wa]*",
                        "--weaken-symbol=_Zd[la]*",
                        *[f"--weaken-symbol={name}" for name in (
                            "malloc", "free", "cfree", "calloc", "realloc", "memalign", "valloc",
                            "pvalloc", "aligned_alloc", "posix_memalign", "malloc_usable_size")],
                        ARCHIVE, copy], check=True)
        return copy

    # Ours is weak, as for a program that defines malloc itself.
    def test_as_it_is_answers_malloc_and_is_told(self):
        program = self.link(SOURCE, *PROFILER, ARCHIVE, *OTHERS)
        said = output([program])
        self.assertIn("no: no heap profile: malloc is defined by the program itself", said)

    def test_weakened_copy_works(self):
        self.assert_sampled([self.link(SOURCE, *PROFILER, self.weakened(), *OTHERS)])


@unittest.skipUnless(PRELOAD.exists(), "libpprof_preload.so is not built")
class Preload(unittest.TestCase):
    def serve(self, *before, path="/debug/pprof/heap"):
        """The answer of a python3 with the library preloaded behind others: status, body."""
        program = subprocess.Popen(
            ["/usr/bin/python3", "-c", "import sys; x = ['a' * 5000 + str(i) for i in range(20000)]; "
             "print('ready', flush=True); sys.stdin.read()"],
            env=dict(os.environ, **preload_environment(PRELOAD, *before),
                     PPROF_CPP_LISTEN="unix:" + self.socket, PYTHONMALLOC="malloc"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            self.assertEqual(program.stdout.readline(), b"ready\n")
            self.await_socket()
            run = subprocess.run(["curl", "-s", "-w", "\\n%{http_code}", "--output", "-", "--unix-socket",
                                  self.socket, f"http://localhost{path}?debug=1"],
                                 capture_output=True, timeout=60)
            body, _, status = run.stdout.rpartition(b"\n")
            return int(status), body.decode(errors="replace")
        finally:
            program.communicate(timeout=60)
            self.assertEqual(program.returncode, 0)

    def await_socket(self):
        deadline = time.monotonic() + 60
        while not os.path.exists(self.socket) and time.monotonic() < deadline:
            time.sleep(0.02)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o700)
        self.socket = os.path.join(folder.name, "s")

    def test_python_is_sampled_and_serves_its_heap(self):
        status, body = self.serve()
        self.assertEqual(status, 200)
        self.assertIn("heap profile:", body)
        self.assertIn("Py", body)

    def test_another_allocator_before_ours_is_told_with_501(self):
        status, body = self.serve("libjemalloc.so.2")
        self.assertEqual(status, 501)
        self.assertIn("libjemalloc", body)

    def test_children_do_not_listen(self):
        said = output(["/usr/bin/python3", "-c",
                       "import subprocess, sys; sys.exit(subprocess.run(['/usr/bin/python3', '-c', "
                       "'import os; print(os.environ[\"LD_PRELOAD\"] != \"\")']).returncode)"],
                      PPROF_CPP_LISTEN="unix:" + self.socket, **preload_environment(PRELOAD))
        self.assertEqual(said, "True\n")

    def test_address_in_use_or_nonsense_is_one_line_and_the_program_runs(self):
        said = output(["/bin/sh", "-c", "echo hello; sleep 2"], PPROF_CPP_LISTEN="nonsense",
                      **preload_environment(PRELOAD))
        self.assertIn("hello\n", said)
        self.assertEqual(said.count("\n"), 2)
        self.assertIn("pprof-cpp: not listening: ", said)

    def test_without_the_variable_nothing_listens_and_nothing_is_said(self):
        self.assertEqual(output(["/bin/echo", "hello"], **preload_environment(PRELOAD)), "hello\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
