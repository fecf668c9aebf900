#!/usr/bin/env python3
"""Builds frames.cpp in every way that affects debug information and checks the frames of each.

usage: variants_test.py SYMBOLIZE_BENCH [--only TEXT] [--keep]

Every row states its expected result: FULL (functions, inlined ones, files, lines) or a documented
lesser one. Rows whose tool is missing are skipped and listed.
"""
import argparse
import collections
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent / "frames.cpp"
LAMBDA = 1 + next(number for number, line in enumerate(SOURCE.read_text().split("\n"))
                  if "[](int y) INLINE" in line)

# Innermost first, with short names as in profiles. The inlined lambda's number is its line: DWARF
# has no other.
CHAINS = [
    ["StaticFunction"],
    ["(anonymous namespace)::Hidden"],
    ["CallLambda()::{lambda(int)#1}::operator()"],
    ["Inlined", "InlineCaller"],
    [f"CallInlinedLambda()::{{lambda:{LAMBDA}}}::operator()", "CallInlinedLambda"],
    ["LocalClass()::Local::Run"],
    ["Template"],
    ["ns::Box::operator<"],
    ["ns::Box::Box"],
    ["Tail"],
]
# clang records mangled names of lambdas, with its own numbers.
CLANG_CHAINS = {2: ["CallLambda()::$_0::operator()"],
                4: ["CallInlinedLambda()::$_1::operator()", "CallInlinedLambda"]}
EXPORTED = {3, 4, 6, 7, 8, 9}  # visible with -rdynamic

# Possible results of a row.
FULL = "full"          # everything
SYMBOLS = "symbols"    # the outermost function only
DYNAMIC = "dynamic"    # the same, of exported functions
LINES = "lines"        # the outermost function with the innermost place
BARE = "bare"          # full, but the inlined lambda is not qualified, for lack of types
NOTHING = "nothing"

Row = collections.namedtuple("Row", "name compiler flags post answer")


class Skip(Exception):
    pass


def run(*command, cwd=None):
    done = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}:\n{done.stdout}{done.stderr}")
    return done.stdout


def need(tool):
    if shutil.which(tool) is None:
        raise Skip(f"no {tool}")


def strip_all(folder, binary):
    run("strip", "--strip-all", binary)


def strip_debug(folder, binary):
    run("strip", "--strip-debug", binary)


def objcopy(*arguments):
    def step(folder, binary):
        run("objcopy", *arguments, binary)
    return step


def debug_link(where, *arguments):
    """Moves the debug information into another file that the binary refers to."""
    def step(folder, binary):
        target = folder / where
        target.mkdir(parents=True, exist_ok=True)
        debug = target / "variant.debug"
        run("objcopy", "--only-keep-debug", *arguments, binary, debug)
        run("strip", "--strip-all", binary)
        run("objcopy", f"--add-gnu-debuglink={debug}", binary)
    return step


def build_id_folder(folder, binary):
    notes = run("readelf", "-n", binary)
    build_id = re.search(r"Build ID: ([0-9a-f]+)", notes).group(1)
    target = folder / "root" / ".build-id" / build_id[:2]
    target.mkdir(parents=True)
    run("objcopy", "--only-keep-debug", binary, target / f"{build_id[2:]}.debug")
    run("strip", "--strip-all", binary)


def wrong_debug_file(folder, binary):
    """The debug link refers to another build, whose names would be wrong."""
    other = folder / "other"
    run("g++", "-g", "-O0", "-Wl,--build-id", SOURCE, "-o", other)
    run("objcopy", "--only-keep-debug", other, folder / "variant.debug")
    run("strip", "--strip-all", binary)
    run("objcopy", f"--add-gnu-debuglink={folder / 'variant.debug'}", binary)


def mini_debug_info(folder, binary):
    need("xz")
    mini = folder / "mini"
    run("objcopy", "--only-keep-debug", binary, mini)
    run("strip", "--strip-debug", mini)
    run("xz", "-k", mini)
    run("strip", "--strip-all", binary)
    run("objcopy", f"--add-section=.gnu_debugdata={mini}.xz", binary)


def run_dwz(*arguments):
    need("dwz")
    try:
        run("dwz", *arguments)
    except RuntimeError as error:
        raise Skip("this dwz cannot read it: " + str(error).split("\n")[1])


def dwz(folder, binary):
    run_dwz(binary)


def dwz_alternate(folder, binary):
    """dwz moves shared parts of several files to another one; two copies share everything."""
    copy = folder / "copy"
    shutil.copy(binary, copy)
    run_dwz("-m", folder / "shared.debug", binary, copy)


def dwp(tool):
    def step(folder, binary):
        need(tool)
        run(tool, "-e", binary, "-o", f"{binary}.dwp", cwd=folder)
        for file in folder.glob("*.dwo"):
            file.unlink()
    return step


def without_dwo(folder, binary):
    for file in folder.glob("*.dwo"):
        file.unlink()


def rows():
    for compiler in ("g++", "clang++"):
        for version in (4, 5):
            for level in ("-O0", "-O2", "-O3"):
                yield Row(f"dwarf{version}{level}", compiler, [f"-gdwarf-{version}", level], None, FULL)
        for name, flags in {
                "gz-zlib": ["-gz=zlib"], "gz-zlib-gnu": ["-gz=zlib-gnu"], "gz-zstd": ["-gz=zstd"],
                "no-pie": ["-no-pie"], "gc-sections": ["-ffunction-sections", "-Wl,--gc-sections"],
                "dwarf2": ["-gdwarf-2"], "dwarf3": ["-gdwarf-3"], "dwarf64": ["-gdwarf64"],
                "dwarf64-v4": ["-gdwarf64", "-gdwarf-4"],
                "type-units": ["-fdebug-types-section"], "lto": ["-flto"],
                "gold": ["-fuse-ld=gold"], "lld": ["-fuse-ld=lld"],
                "lld-gz": ["-fuse-ld=lld", "-Wl,--compress-debug-sections=zlib"],
                "icf": ["-fuse-ld=gold", "-ffunction-sections", "-Wl,--icf=safe"],
                "static": ["-static"], "shared": ["-shared", "-fPIC"]}.items():
            yield Row(name, compiler, ["-g", "-O2", *flags], None, FULL)
        yield Row("objcopy-zstd", compiler, ["-g", "-O2"],
                  objcopy("--compress-debug-sections=zstd"), FULL)
        yield Row("objcopy-zlib-gnu", compiler, ["-g", "-O2"],
                  objcopy("--compress-debug-sections=zlib-gnu"), FULL)
        yield Row("g1", compiler, ["-g1", "-O2"], None, BARE)
        yield Row("split-v5", compiler, ["-g", "-O2", "-gsplit-dwarf"], None, FULL)
        yield Row("split-v4", compiler, ["-gdwarf-4", "-O2", "-gsplit-dwarf"], None, FULL)
        yield Row("split-gone", compiler, ["-g", "-O2", "-gsplit-dwarf"], without_dwo, LINES)
        for version in (4, 5):
            flags = [f"-gdwarf-{version}", "-O2", "-Wl,--build-id"]
            yield Row(f"dwz-v{version}", compiler, flags, dwz, FULL)
            yield Row(f"dwz-alternate-v{version}", compiler, flags, dwz_alternate, FULL)
        yield Row("debuglink", compiler, ["-g", "-O2", "-Wl,--build-id"], debug_link("."), FULL)
        yield Row("debuglink-folder", compiler, ["-g", "-O2", "-Wl,--build-id=none"],
                  debug_link(".debug"), FULL)
        yield Row("debuglink-gz", compiler, ["-g", "-O2"],
                  debug_link(".", "--compress-debug-sections"), FULL)
        yield Row("debuglink-wrong", compiler, ["-g", "-O2", "-Wl,--build-id"], wrong_debug_file,
                  NOTHING)
        yield Row("build-id-folder", compiler, ["-g", "-O2", "-Wl,--build-id"], build_id_folder,
                  FULL)
        yield Row("mini-debug-info", compiler, ["-g", "-O2"], mini_debug_info, SYMBOLS)
        yield Row("no-g", compiler, ["-O2"], None, SYMBOLS)
        yield Row("strip-g", compiler, ["-g", "-O2"], strip_debug, SYMBOLS)
        yield Row("stripped-rdynamic", compiler, ["-g", "-O2", "-rdynamic"], strip_all, DYNAMIC)
        yield Row("stripped", compiler, ["-g", "-O2"], strip_all, NOTHING)
    yield Row("dwp-v4", "g++", ["-gdwarf-4", "-O2", "-gsplit-dwarf"], dwp("dwp"), FULL)
    yield Row("dwp-v4-llvm", "clang++", ["-gdwarf-4", "-O2", "-gsplit-dwarf"], dwp("llvm-dwp"), FULL)
    yield Row("dwp-v5-llvm", "clang++", ["-gdwarf-5", "-O2", "-gsplit-dwarf"], dwp("llvm-dwp"), FULL)
    yield Row("line-tables-only", "clang++", ["-gline-tables-only", "-O2"], None, BARE)
    yield Row("aranges", "clang++", ["-g", "-gdwarf-aranges", "-O2"], None, FULL)


def known_frames(binary):
    """(function, address, line) of every mark in the section known_frames."""
    for line in run("readelf", "-SW", binary).split("\n"):
        found = re.search(r"known_frames\s+\S+\s+([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+)", line)
        if found:
            address, offset, size = (int(x, 16) for x in found.groups())
            data = binary.read_bytes()[offset:offset + size]
            for at in range(0, size, 12):
                rel, function, number = struct.unpack_from("<iii", data, at)
                yield function, address + at + rel, number


def call_lines():
    lines = {}
    for number, line in enumerate(SOURCE.read_text().split("\n"), 1):
        found = re.search(r"// CALL (\S+)", line)
        if found:
            lines[found.group(1)] = number
    return lines


def expected(row, function, line, calls):
    """The frames as (name, file name, line)."""
    answer = row.answer
    chain = CHAINS[function]
    if row.compiler.startswith("clang"):
        chain = CLANG_CHAINS.get(function, chain)
    if answer == NOTHING or (answer == DYNAMIC and function not in EXPORTED):
        return []
    if answer in (SYMBOLS, DYNAMIC):
        return [(chain[-1], "??", 0)]
    if answer == LINES:
        return [(chain[-1], SOURCE.name, line)]
    frames = [(chain[0], SOURCE.name, line)]
    if len(chain) == 2:
        frames.append((chain[1], SOURCE.name, calls["Inlined" if function == 3 else "lambda"]))
    return frames


def acceptable(answer, wanted, got):
    if answer == BARE and len(wanted) == len(got):
        return all(w[1:] == g[1:] and (w[0] == g[0] or w[0].endswith("::" + g[0]))
                   for w, g in zip(wanted, got))
    return wanted == got


def resolve(tool, folder, binary, addresses, *options):
    (folder / "addresses").write_text("".join(f"0x{a:x}\n" for a in addresses))
    text = run(tool, binary, "--addresses", folder / "addresses", "--print", "--short",
               "--debug-root", folder / "root", *options)
    answers = {}
    for block in text.split("\n\n"):
        lines = block.strip().split("\n")
        frames = []
        for line in lines[1:]:
            name, _, place = line.partition("\t")
            file, _, number = place.rpartition(":")
            if file not in ("", "??") and not pathlib.Path(file).is_absolute():
                raise RuntimeError(f"not absolute: {file}")
            frames.append((name, pathlib.Path(file).name, int(number)))
        if lines[0]:
            answers[int(lines[0], 16)] = frames
    return answers


def check(row, folder, tool, calls):
    need(row.compiler)
    binary = folder / "variant"
    try:
        run(row.compiler, *row.flags, SOURCE, "-o", binary, cwd=folder)
    except RuntimeError as error:
        raise Skip("this compiler cannot build it: " + str(error).strip().split("\n")[-1][:100])
    marks = list(known_frames(binary))
    if {function for function, _, _ in marks} != set(range(len(CHAINS))):
        raise RuntimeError(f"marks of {sorted(f for f, _, _ in marks)} only")
    if row.post is not None:
        row.post(folder, binary)
    addresses = {address for _, address, _ in marks}
    answers = resolve(tool, folder, binary, addresses)
    wrong = []
    # With the path for units too large for memory, if the section is compressed.
    if resolve(tool, folder, binary, addresses, "--whole", "0") != answers:
        wrong.append("    other results when units are compacted")
    for function, address, line in marks:
        wanted = expected(row, function, line, calls)
        got = answers.get(address, [])
        if not acceptable(row.answer, wanted, got):
            wrong.append(f"    wanted {wanted}\n    got    {got}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool")
    parser.add_argument("--only", default="", help="rows whose name contains this")
    options = parser.parse_args()
    calls = call_lines()
    failed, skipped, right = 0, [], 0
    for row in rows():
        name = f"{row.compiler} {row.name}"
        if options.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                wrong = check(row, pathlib.Path(folder), pathlib.Path(options.tool).resolve(), calls)
            except Skip as reason:
                skipped.append(f"{name}: {reason}")
                continue
            except RuntimeError as error:
                wrong = [f"    {error}"]
        print(f"{'ok  ' if not wrong else 'FAIL'} {name} ({row.answer})")
        for line in wrong:
            print(line)
        failed += bool(wrong)
        right += not wrong
    for line in skipped:
        print(f"skip {line}")
    print(f"{right} rows right, {failed} wrong, {len(skipped)} skipped")
    return 1 if failed or not right else 0


if __name__ == "__main__":
    sys.exit(main())
