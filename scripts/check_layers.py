#!/usr/bin/env python3
"""Checks every #include and #if against an exact table of layers.

usage: check_layers.py [ROOT]     exit 1 with one line per offence

A room is a folder. It may include itself, the rooms and single headers in its row, the standard
library as far as its row allows, and exactly the other <...> headers in its row. Its #if lines must
match its row. A folder without a row, an include of a missing header, and a row that no file needs
are offences, too.
"""
import collections
import pathlib
import re
import sys

# Standard headers for the reader side, which may use all of them.
STD = set("""
    algorithm any array atomic cctype cerrno charconv chrono cmath condition_variable csignal cstddef
    cstdint cstdio cstdlib cstring ctime deque exception filesystem fstream functional initializer_list
    iosfwd iostream istream iterator limits list map memory memory_resource mutex new numeric optional
    ostream random set shared_mutex sstream stdexcept streambuf string string_view system_error thread tuple type_traits
    unordered_map unordered_set utility variant vector""".split())
# For code that runs in malloc and in signal handlers: nothing that allocates, locks or throws.
STD_SIGNAL_SAFE = set("atomic cerrno cstddef cstdint cstring new string_view type_traits".split())
# For plain data.
STD_MODEL = set("""algorithm atomic cstddef cstdint cstdio cstdlib functional memory optional string
    string_view utility vector""".split())


class Room:
    def __init__(self, rooms="", std=STD, headers="", conditions=()):
        self.rooms = rooms.split()      # folders, or single headers
        self.std = std
        self.headers = headers.split()  # <...> besides standard headers
        self.conditions = conditions    # patterns of whole #if lines


SAFE = "profiler/signal_safe"
SYMBOLIZE = "profiler/symbolize"
PROFILES = "profiler/profiles"
FOR_PROFILES = ("pprof profiler/labels profiler/model profiler/profiles/builtin.h "
                "profiler/profiles/stack_view.h ")
SYS = {room: f"profiler/sys/{room}" for room in ("files", "memory", "memory_limits", "modules", "process",
                                                 "thread", "time")}
INTERPOSE = "profiler/interpose"
WATCH = "profiler/watch"

# The operating system's headers are allowed in sys/, in interpose/, which defines libc functions,
# in programs, and for sockets in endpoints/.
TABLE = {
    SYS["files"]: Room(headers="dirent.h fcntl.h sys/file.h sys/stat.h sys/syscall.h unistd.h"),
    SYS["time"]: Room(headers="fcntl.h time.h unistd.h x86intrin.h"),
    SYS["memory"]: Room(
        headers="fcntl.h linux/filter.h linux/seccomp.h sys/mman.h sys/stat.h sys/syscall.h sys/uio.h "
                "unistd.h"),
    SYS["memory_limits"]: Room(
        SYS["memory"], headers="fcntl.h poll.h sys/eventfd.h sys/mman.h sys/resource.h unistd.h"),
    SYS["process"]: Room(
        f"{SYS['modules']}/loaded_module.h {SYS['time']}",
        headers="dirent.h fcntl.h sched.h signal.h sys/mman.h sys/prctl.h sys/resource.h sys/stat.h "
                "sys/syscall.h sys/wait.h time.h unistd.h",
        conditions=(r"#if defined\(__SANITIZE_\w+__\).*", r"#elif defined\(__has_feature\)",
                    r"#if __has_feature\(\w+\).*", r"#ifndef PPROF_CPP_SANITIZER_OWNS_MALLOC")),
    SYS["thread"]: Room(
        f"{SYS['memory']} {SYS['modules']} {SYS['process']} {SYS['time']}",
        headers="cxxabi.h dirent.h dlfcn.h fcntl.h linux/futex.h pthread.h sched.h signal.h "
                "sys/eventfd.h sys/resource.h sys/stat.h sys/syscall.h sys/time.h time.h ucontext.h "
                "unistd.h",
        conditions=(r"#if defined\(__clang__\)",)),
    SYS["modules"]: Room(
        f"{SYS['memory']} {SYS['thread']}/this_thread.h {SYS['time']}",
        headers="dlfcn.h elf.h link.h sys/auxv.h unistd.h"),

    "profiler/model": Room("pprof", std=STD_MODEL),
    "profiler/labels": Room(f"pprof {SAFE}/hooks"),

    SAFE: Room(f"{SYS['thread']} {SYS['time']}", std=STD_SIGNAL_SAFE),
    f"{SAFE}/unwind/cfi": Room(SYS["memory"], std=STD_SIGNAL_SAFE),
    f"{SAFE}/unwind/code": Room(f"{SAFE}/unwind/cfi {SYS['memory']}", std=STD_SIGNAL_SAFE),
    f"{SAFE}/unwind": Room(f"{SAFE} {SAFE}/unwind/cfi {SAFE}/unwind/code {SYS['memory']} "
                           f"{SYS['modules']} {SYS['thread']}", std=STD_SIGNAL_SAFE),
    f"{SAFE}/tables": Room(f"{SAFE}/unwind {SYS['memory']} {SYS['modules']}", std=STD_SIGNAL_SAFE),
    f"{SAFE}/heap": Room(
        f"{SAFE} {SAFE}/tables {SYS['memory']} {SYS['process']} {SYS['thread']}",
        std=STD_SIGNAL_SAFE),
    f"{SAFE}/contention": Room(f"{SAFE}/tables {SYS['process']} {SYS['time']}",
                               std=STD_SIGNAL_SAFE),
    f"{SAFE}/hooks": Room(
        f"{SAFE} {SAFE}/unwind {SAFE}/tables {SAFE}/heap {SAFE}/contention " + " ".join(SYS[room] for room in (
            "memory", "modules", "process", "thread", "time")), std=STD_SIGNAL_SAFE),
    f"{INTERPOSE}/allocation": Room(
        f"{INTERPOSE} {SAFE}/hooks {SYS['modules']}/loaded_module.h {SYS['process']}/environment.h "
        f"{SYS['process']}/sanitizers.h",
        std=STD_SIGNAL_SAFE | {"climits", "cstdio", "cstdlib"},
        headers="gperftools/malloc_extension_c.h gperftools/tcmalloc.h malloc.h unistd.h",
        conditions=(r"#if !PPROF_CPP_SANITIZER_OWNS_MALLOC",)),
    f"{INTERPOSE}/waits": Room(
        f"{INTERPOSE} {SAFE}/hooks", std=STD_SIGNAL_SAFE | {"cstdarg", "cstdlib"},
        headers="dlfcn.h linux/futex.h pthread.h semaphore.h signal.h sys/signalfd.h "
                "sys/single_threaded.h sys/syscall.h time.h unistd.h",
        conditions=(r"#if !PPROF_CPP_SANITIZER_OWNS_LOCKS",)),
    f"{INTERPOSE}/process": Room(
        f"{INTERPOSE} {INTERPOSE}/allocation {SAFE}/hooks", std=STD_SIGNAL_SAFE | {"cstdarg"},
        headers="dlfcn.h linux/seccomp.h pthread.h sys/prctl.h",
        conditions=(r"#if !PPROF_CPP_SANITIZER_OWNS_MALLOC",)),
    INTERPOSE: Room(f"{SYS['modules']}/loaded_module.h {SYS['process']}/sanitizers.h",
                    std=STD_SIGNAL_SAFE | {"cstdlib"},
                    headers="dlfcn.h unistd.h"),

    f"{SYMBOLIZE}/elf": Room(
        SYS["memory"], headers="elf.h isa-l/igzip_lib.h lzma.h zlib.h zstd.h",
        conditions=(r"#if PPROF_CPP_HAVE_(ISAL|LZMA|ZSTD)",)),
    f"{SYMBOLIZE}/names": Room(headers="cxxabi.h"),
    f"{SYMBOLIZE}/dwarf/format": Room(f"{SYMBOLIZE}/elf {SYS['memory']}"),
    f"{SYMBOLIZE}/dwarf": Room(
        f"{SYMBOLIZE}/dwarf/format {SYMBOLIZE}/elf {SYMBOLIZE}/names {SYS['memory']}"),
    f"{SYMBOLIZE}/module": Room(
        f"{SYMBOLIZE}/dwarf {SYMBOLIZE}/elf {SYS['memory']} {SYS['modules']} {SYS['process']}",
        headers="elf.h zlib.h"),
    f"{SYMBOLIZE}/service": Room(
        f"pprof/symbolize.h profiler/model/symbols.h {SYMBOLIZE}/elf {SYMBOLIZE}/module "
        f"{SYMBOLIZE}/names {SYS['modules']} {SYS['process']} {SYS['thread']}"),

    "profiler/encode": Room("pprof profiler/model",
                            headers="fmt/format.h protozero/pbf_writer.hpp zlib.h"),
    f"{PROFILES}/heap": Room(
        f"{FOR_PROFILES} {SAFE} {SAFE}/heap {SAFE}/tables {SYS['memory']} {SYS['memory_limits']} "
        f"{SYS['modules']} {SYS['process']} {SYS['thread']} {SYS['time']}",
        headers="fmt/format.h gperftools/malloc_extension.h gperftools/malloc_extension_c.h"),
    f"{PROFILES}/contention": Room(
        f"{FOR_PROFILES} {SAFE}/contention {SYS['process']} {SYS['thread']} {SYS['time']}",
        headers="fmt/format.h"),
    f"{PROFILES}/cpu": Room(
        f"{FOR_PROFILES} {SAFE}/hooks {SAFE}/tables {SYS['process']} {SYS['thread']} {SYS['time']}",
        headers="fmt/format.h"),
    f"{PROFILES}/threads": Room(
        f"{FOR_PROFILES} {SAFE}/hooks {SAFE}/tables {SAFE}/unwind {SAFE}/unwind/cfi "
        f"{SAFE}/unwind/code {SYS['memory']} {SYS['modules']} {SYS['process']} {SYS['thread']}",
        headers="fmt/format.h"),
    f"{PROFILES}/wall": Room(
        f"{FOR_PROFILES} {PROFILES}/cpu {PROFILES}/threads {SAFE}/tables {SYS['process']} "
        f"{SYS['thread']} {SYS['time']}", headers="fmt/format.h"),
    f"{PROFILES}/holders/objects": Room(
        f"{PROFILES}/heap/memory_owners.h {SAFE}/heap {SYS['memory']} {SYS['modules']}",
        headers="gperftools/malloc_extension.h"),
    f"{PROFILES}/holders/search": Room(
        f"{PROFILES}/holders/objects {SAFE}/heap {SYS['memory']} {SYS['thread']}"),
    f"{PROFILES}/holders/roots": Room(
        f"pprof {PROFILES}/holders/objects {PROFILES}/holders/search {PROFILES}/threads "
        f"{SAFE}/contention {SAFE}/heap {SAFE}/hooks {SAFE}/tables {SYS['memory']} {SYS['modules']} "
        f"{SYS['process']} {SYS['thread']}", headers="elf.h"),
    f"{PROFILES}/holders/names": Room(
        f"pprof {PROFILES}/holders/roots {SYMBOLIZE}/module {SYMBOLIZE}/names {SYS['modules']}",
        headers="elf.h fmt/format.h"),
    f"{PROFILES}/holders": Room(
        f"{FOR_PROFILES} {PROFILES}/heap {PROFILES}/holders/names {PROFILES}/holders/objects "
        f"{PROFILES}/holders/roots {PROFILES}/holders/search {SAFE}/heap {SYS['memory']} "
        f"{SYS['memory_limits']} {SYS['process']} {SYS['thread']} {SYS['time']}", headers="fmt/format.h"),
    PROFILES: Room(f"{FOR_PROFILES} {SAFE}/unwind"),

    "profiler/monitoring": Room(
        f"pprof profiler/encode {PROFILES}/heap/allocator_stats.h {SAFE}/contention {SAFE}/heap "
        f"{SAFE}/tables {SYS['memory']} {SYS['memory_limits']} {SYS['process']} {SYS['thread']} {SYS['time']}"),
    f"{WATCH}/folder": Room(f"pprof {SYS['files']} {SYS['process']}"),
    f"{WATCH}/capture": Room(
        f"pprof profiler/labels profiler/model profiler/monitoring/history.h "
        f"profiler/monitoring/history_text.h {PROFILES}/heap {SAFE}/heap {WATCH}/folder {SYS['files']} {SYS['memory_limits']} {SYS['modules']} {SYS['process']} {SYS['thread']} {SYS['time']}",
        headers="zlib.h"),
    WATCH: Room(
        f"pprof profiler/monitoring/history.h profiler/monitoring/metrics.h {SAFE}/hooks {WATCH}/capture "
        f"{WATCH}/folder {SYS['files']} {SYS['memory']} "
        f"{SYS['memory_limits']} {SYS['process']} {SYS['thread']} {SYS['time']}"),

    # Public headers: the standard library and each other.
    "profiler/include/pprof": Room(conditions=(r"#ifdef _LIBCPP_VERSION",)),
    "profiler": Room(
        f"pprof profiler/encode profiler/model profiler/monitoring {PROFILES} {PROFILES}/contention {PROFILES}/heap "
        f"{SAFE} {SAFE}/heap {SAFE}/hooks {SAFE}/tables {SAFE}/unwind {SYMBOLIZE}/module/module_of.h {SYMBOLIZE}/service "
        f"{SYS['memory']} {SYS['modules']} {SYS['process']} {SYS['thread']} {SYS['time']}"),
    "profiler/preload": Room(
        f"pprof endpoints/answers endpoints/door/answer_writer.h "
        f"endpoints/door/socket/listener.h profiler/interpose/next.h "
        f"profiler/interpose/allocation/real_allocator.h {SAFE}/hooks {SYS['memory']}/maps_file.h "
        f"{SYS['modules']}/loaded_module.h {SYS['process']}/environment.h {SYS['thread']} "
        f"{SYS['time']}/clock.h",
        headers="dlfcn.h poll.h pthread.h signal.h sys/auxv.h sys/epoll.h sys/select.h sys/stat.h "
                "sys/types.h time.h unistd.h unwind.h"),

    # HTTP and sockets use the public headers of profiler/, and of its internals monitoring/ and the
    # few files of sys/ that stand here.
    "endpoints/include/pprof": Room("pprof", headers="sys/types.h",
                                    conditions=(r"#ifdef __cplusplus",)),
    "endpoints/answers": Room(f"pprof profiler/monitoring/metrics.h {SYS['memory']}/page_buffer.h", headers="strings.h zlib.h"),
    "endpoints/limits": Room(
        f"pprof {SYS['memory']}/pages.h {SYS['memory_limits']}/memory_left.h "
        f"{SYS['thread']}/own_descriptors.h {SYS['thread']}/own_thread.h"),
    "endpoints/handlers": Room(
        f"pprof endpoints/answers endpoints/limits profiler/monitoring {SYS['process']}/command_line.h "
        f"{SYS['thread']}/own_descriptors.h", headers=""),
    "endpoints/door/socket": Room(
        f"pprof {SYS['process']}/environment.h {SYS['thread']}/own_descriptors.h",
        headers="arpa/inet.h fcntl.h netinet/in.h pthread.h signal.h sys/socket.h sys/stat.h "
                "sys/types.h sys/un.h unistd.h"),
    "endpoints/door": Room(
        f"pprof endpoints/answers endpoints/door/socket endpoints/handlers endpoints/limits profiler/monitoring/history.h "
        f"{SYS['thread']}/mutex.h "
        f"{SYS['thread']}/own_descriptors.h {SYS['thread']}/own_thread.h {SYS['thread']}/tasks.h "
        f"{SYS['process']}/per_process.h {SYS['process']}/process.h {SYS['process']}/process_usage.h",
        headers="arpa/inet.h httplib.h netinet/in.h netinet/tcp.h poll.h strings.h sys/eventfd.h "
                "sys/socket.h unistd.h",
        conditions=(r"#(el)?if PPROF_HTTPLIB_PROCESS_REQUEST_ARGUMENTS == [48]",)),
    "endpoints": Room(f"pprof endpoints/answers endpoints/door endpoints/door/socket endpoints/handlers "
                      f"profiler/monitoring/history.h {SYS['process']}/environment.h {SYS['process']}/process.h "
                      f"{SYS['thread']}/mutex.h"),
    # A program of its own: it knows the server by HTTP only, and of the headers the version.
    "command": Room("pprof/version.h", headers="fmt/format.h getopt.h"),
    "command/ask": Room("command", headers="fcntl.h netdb.h poll.h sys/socket.h "
                        "sys/time.h sys/un.h unistd.h"),
    "command/processes": Room("command command/ask", headers="arpa/inet.h elf.h sys/socket.h "
                              "sys/stat.h sys/types.h sys/xattr.h unistd.h"),
    "command/files": Room("command", headers="fcntl.h fmt/format.h signal.h sys/stat.h unistd.h "
                          "zlib.h"),
    "command/profile": Room("command", headers="protozero/pbf_reader.hpp zlib.h"),
    "command/attach": Room("command command/processes",
                           headers="dlfcn.h elf.h linux/futex.h signal.h sys/mman.h sys/ptrace.h "
                                   "sys/stat.h sys/syscall.h sys/types.h sys/uio.h sys/user.h "
                                   "sys/wait.h unistd.h"),
    "command/verbs": Room(
        "command command/ask command/attach command/files command/processes command/profile "
        "profiler/preload/attach_report.h",
        headers="arpa/inet.h fmt/format.h netinet/in.h poll.h signal.h sys/ioctl.h sys/socket.h "
                "sys/stat.h sys/wait.h unistd.h"),
    "demo_app/requests": Room(headers="fmt/format.h nlohmann/json.hpp"),
    "demo_app": Room("pprof demo_app/requests", headers="CLI/CLI.hpp fmt/format.h gperftools/malloc_extension_c.h "
                                      "httplib.h netinet/in.h nlohmann/json.hpp signal.h "
                                      "sys/socket.h unistd.h"),
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
CONDITION = re.compile(r"^\s*#\s*(if|ifdef|ifndef|elif)\b")
PUBLIC = ("profiler/include", "endpoints/include")  # folders that contain pprof/


class Checker:
    def __init__(self, root, table):
        self.root, self.table = root, table
        self.needed = collections.defaultdict(set)  # by row: the entries in use

    def allows(self, room, folder, header):
        for allowed in self.table[room].rooms:
            if allowed in (folder, header):
                self.needed[room].add(allowed)
                return True
        return False

    def offence_of_include(self, room, quoted, header):
        folder = header.rpartition("/")[0]
        if not quoted and not header.startswith("pprof/"):
            row = self.table[room]
            self.needed[room].add(header)
            return None if header in row.std or header in row.headers else f"may not include <{header}>"
        places = [self.root / header] + [self.root / place / header for place in PUBLIC]
        if not any(place.is_file() for place in places):
            return f'"{header}" is not a file of ours'
        own = folder == room or (folder == "pprof" and room == "profiler/include/pprof")
        return None if own or self.allows(room, folder, header) else f'may not include "{header}"'

    def offence_of_condition(self, room, line):
        for pattern in self.table[room].conditions:
            if re.fullmatch(pattern, line):
                self.needed[room].add(pattern)
                return None
        return f"may not have {line}"

    def offences_in(self, path):
        name = path.relative_to(self.root).as_posix()
        room = name.rpartition("/")[0]
        if room not in self.table:
            yield f"{name}: the folder {room} has no row in the table of rooms"
            return
        for number, line in enumerate(path.read_text().splitlines(), 1):
            offence = None
            if found := INCLUDE.match(line):
                offence = self.offence_of_include(room, found.group(1) == '"', found.group(2))
            elif CONDITION.match(line):
                offence = self.offence_of_condition(room, line.strip())
            if offence:
                yield f"{name}:{number}: {room} {offence}"

    def needless(self):
        for room, row in self.table.items():
            for entry in [*row.rooms, *row.headers, *row.conditions]:
                shared = entry in FOR_PROFILES.split() and room.startswith(PROFILES)
                if entry not in self.needed[room] and not shared:
                    yield f"{room}: no file needs \"{entry}\" any more: remove it from the table"


def check(root, table):
    """All offences below `root`, and the number of files checked."""
    checker = Checker(root, table)
    files = [path for folder in ("profiler", "endpoints", "command", "demo_app")
             for path in sorted((root / folder).rglob("*")) if path.suffix in (".h", ".cpp")]
    offences = [offence for path in files for offence in checker.offences_in(path)]
    return offences + list(checker.needless()), len(files)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    root = root if root.is_dir() else root.parent.parent
    offences, files = check(root, TABLE)
    print("\n".join(offences) if offences else f"layers: {files} files, no offence")
    return 1 if offences or not files else 0


if __name__ == "__main__":
    sys.exit(main())
