#!/usr/bin/env python3
"""Compares our unwinder with libgcc's at every heap sample of real programs.

usage: unwind_compare.py [--quick] [--programs-needed N] LIBRARY

Runs each installed program with LIBRARY (unwind_compare_preload) preloaded. Fails if a stack
differs, a program exits differently than without the library, or too few programs are installed.
"""
import argparse
import collections
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from preload_environment import preload_environment  # noqa: E402  (its folder is this one's parent)

CPP_SOURCE = """
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <regex>
#include <string>
#include <unordered_map>
int main() { std::map<std::string, std::regex> m; m["a"] = std::regex("b*"); return m.size(); }
"""
PYTHON_SOURCE = """
import argparse, ast, csv, decimal, email, json, re, sqlite3, threading, xml.dom.minidom as dom
rows = [{"key %%d" %% i: [i, str(i), {"n": i * 1.5}]} for i in range(%(n)d)]
text = json.dumps(rows); json.loads(text); json.loads(text, parse_float=decimal.Decimal)
re.sub(r"(k)(e)(y) (\\\\d+)", lambda m: m.group(4), text)
ast.parse("\\n".join("def f%%d(x): return x + %%d" %% (i, i) for i in range(2000)))
dom.parseString("<a>" + "<b c='d'/>" * 2000 + "</a>").toprettyxml()
data = sqlite3.connect(":memory:"); data.execute("create table t(a, b)")
data.executemany("insert into t values (?, ?)", [(i, str(i)) for i in range(5000)])
data.create_function("f", 1, lambda x: sorted(range(50), key=lambda y: -y)[0])
list(data.execute("select f(a), b from t order by b"))
threads = [threading.Thread(target=lambda: json.loads(text)) for _ in range(3)]
[t.start() for t in threads]; [t.join() for t in threads]
"""
PERL_SOURCE = """
my %%h; for my $i (1..%(n)d) { $h{"key $i"} = [ map { $_ x 20 } 1..5 ]; }
my @s = sort { scalar(@{$h{$a}}) <=> scalar(@{$h{$b}}) || $a cmp $b } keys %%h;
my $t = join ",", @s; my $c = () = $t =~ /(k(e)y) (\\d+)/g; print "$c\\n";
"""
NODE_SOURCE = """
const text = JSON.stringify(Array.from({length: %(n)d}, (_, i) => ({key: "k" + i, v: [i, i * 2]})));
for (let i = 0; i < 5; i++) JSON.parse(text);
const zlib = require("zlib"); zlib.gunzipSync(zlib.gzipSync(text));
require("crypto").createHash("sha256").update(text).digest("hex");
"""


def programs(folder, scale):
    """name -> command, for installed programs."""
    source = folder / "source.cpp"
    source.write_text(CPP_SOURCE)
    text = folder / "text"
    text.write_bytes(b"some text to be signed and packed\n" * 20000)
    git = folder / "repository"
    numbers = {"n": 20000 * scale}
    commands = {
        "cc1plus": ["g++", "-std=c++17", "-O2", "-S", "-o", "/dev/null", str(source)],
        "python3": ["/usr/bin/python3", "-c", PYTHON_SOURCE % numbers],
        "perl": ["perl", "-e", PERL_SOURCE % numbers],
        "git": ["sh", "-c", f"git init -q {git} && cd {git} && cp ../text ../source.cpp . && git add . "
                            "&& git -c user.name=a -c user.email=a@b commit -qm one && git log -p "
                            "--stat > /dev/null && git gc -q --aggressive && git blame text "
                            "> /dev/null"],
        "openssl": ["sh", "-c", "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=a -keyout "
                                f"{folder}/key -out {folder}/certificate 2> /dev/null && openssl x509 "
                                f"-in {folder}/certificate -text > /dev/null && openssl dgst -sha256 "
                                f"-sign {folder}/key {text} > /dev/null"],
        "gdb": ["gdb", "-nx", "-batch", "-ex", "info functions main", "-ex", "ptype struct timespec",
                "-ex", "break main", "/usr/bin/python3"],
        "node": ["node", "-e", NODE_SOURCE % numbers],
        "bash": ["bash", "-c", f"for ((i = 0; i < {3000 * scale}; i++)); do a[$i]=\"x$i${{a[$i-1]:0:9}}\";"
                               " done; echo ${#a[@]}"],
        "cmake": ["cmake", "--help-full"],
        "xz": ["sh", "-c", f"xz -9 -k -c -T2 {text} | xz -d > /dev/null"],
    }
    return {name: command for name, command in commands.items()
            if shutil.which(command[2].split()[0] if command[0] == "sh" else command[0])}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="fewer samples")
    parser.add_argument("--programs-needed", type=int, default=5)
    parser.add_argument("library")
    options = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        report = folder / "report"
        environment = dict(os.environ, LC_ALL="C", HOME=name, PYTHONMALLOC="malloc")
        preloaded = dict(environment, **preload_environment(options.library),
                         PPROF_TEST_REPORT=str(report),
                         PPROF_CPP_HEAP_INTERVAL="65536" if options.quick else "4096")
        found = programs(folder, 1 if options.quick else 3)
        for program, command in found.items():
            # In the same folder, which the program may fill: the preloaded run is first.
            with open(folder / "errors", "w") as errors:
                ran = subprocess.run(command, env=preloaded, stdout=subprocess.DEVNULL, stderr=errors,
                                     timeout=600)
            if ran.returncode != 0:
                print(f"{program}: ended with {ran.returncode}: "
                      f"{(folder / 'errors').read_text(errors='replace')[-500:]}")
                failures += 1
        totals = collections.defaultdict(lambda: [0, 0, 0, 0])
        for line in report.read_text().splitlines():
            fields = line.split()
            if line.startswith("  ") or len(fields) != 9:
                print(line)
                continue
            for i, value in enumerate(fields[2::2]):
                totals[fields[0]][i] += int(value)
    print(f"{'program':16} {'stacks':>9} {'frames':>10} {'mismatches':>10} {'longer':>7}")
    for program, values in sorted(totals.items()):
        print(f"{program:16} {values[0]:9} {values[1]:10} {values[2]:10} {values[3]:7}")
    everything = [sum(values[i] for values in totals.values()) for i in range(4)]
    print(f"{'all':16} {everything[0]:9} {everything[1]:10} {everything[2]:10} {everything[3]:7}")
    if len(found) < options.programs_needed:
        print(f"only {len(found)} of the programs are installed, {options.programs_needed} are needed")
        failures += 1
    return 1 if failures or everything[2] or everything[0] < 1000 else 0


if __name__ == "__main__":
    sys.exit(main())
