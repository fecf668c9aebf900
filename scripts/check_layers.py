#!/usr/bin/env python3
"""Holds every #include of ours against the table of rooms. Exit 1 with one line for each offence."""
import pathlib
import re
import sys

# room -> rooms and headers it may include besides itself. A prefix ends in '/'.
ALLOWED = {
    "profiler/sys/": [],
    "profiler/model/": ["pprof/"],
    "profiler/signal_safe/": ["profiler/sys/"],
    "profiler/interpose/": ["profiler/signal_safe/on_"],
    "profiler/symbolize/": ["pprof/", "profiler/model/", "profiler/sys/"],
    "profiler/encode/": ["pprof/", "profiler/model/", "profiler/symbolize/", "profiler/sys/"],
    "profiler/profiles/": ["pprof/", "profiler/model/", "profiler/signal_safe/", "profiler/sys/"],
    "profiler/include/": ["pprof/"],
    "profiler/preload/": ["pprof/"],
    "profiler/": ["pprof/", "profiler/model/", "profiler/signal_safe/", "profiler/sys/",
                  "profiler/profiles/", "profiler/encode/", "profiler/symbolize/"],
    "endpoints/": ["pprof/"],
    "demo_app/": ["pprof/"],
}
OS_HEADERS = re.compile(
    r"^(sys/(?!types)|unistd|fcntl|pthread|sched|signal|poll|dlfcn|link|elf|dirent|linux/|netinet/|arpa/)")
# What needs the operating system in its very nature, and why.
OS_ALLOWED = {
    "profiler/sys/": "the room for it",
    "profiler/interpose/": "defines libc's own functions",
    "profiler/preload/": "the environment and the process id",
    "endpoints/": "sockets",
    "demo_app/": "a program",
}
MODEL_ONLY_STD = "profiler/model/"
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def room_of(path):
    """The longest room that holds the file."""
    return max((room for room in ALLOWED if path.startswith(room)), key=len, default=None)


def offences_in(root, path):
    name = path.relative_to(root).as_posix()
    room = room_of(name)
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = INCLUDE.match(line)
        if not found or room is None:
            continue
        quoted, header = found.group(1) == '"', found.group(2)
        ours = quoted or header.startswith("pprof/")
        if ours and not (header.startswith(room) or any(header.startswith(a) for a in ALLOWED[room])):
            yield f"{name}:{number}: {room} may not include \"{header}\""
        if not ours and OS_HEADERS.match(header) and not any(name.startswith(r) for r in OS_ALLOWED):
            yield f"{name}:{number}: <{header}> is the operating system's: wrap it in profiler/sys/"


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    files = [p for folder in ("profiler", "endpoints", "demo_app")
             for p in sorted((root / folder).rglob("*")) if p.suffix in (".h", ".cpp")]
    offences = [o for path in files for o in offences_in(root, path)]
    print("\n".join(offences) if offences else f"layers: {len(files)} files, no offence")
    return 1 if offences or not files else 0


if __name__ == "__main__":
    sys.exit(main())
