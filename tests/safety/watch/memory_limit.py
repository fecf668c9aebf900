"""A place where a process really dies for lack of memory, or cannot get more."""

import contextlib
import os
import re
import resource
import threading


VERSION_1 = {"limit": "memory.limit_in_bytes", "usage": "memory.usage_in_bytes",
             "caches": ("total_inactive_file", "total_active_file")}
VERSION_2 = {"limit": "memory.max", "usage": "memory.current", "caches": ("inactive_file", "active_file")}


def own_group():
    """The folder of this process's memory cgroup and the names of its files, or None."""
    with open("/proc/self/cgroup") as file:
        groups = file.read()
    for pattern, root, files in ((r"^\d+:(?:\w+,)*memory(?:,\w+)*:(/.*)$", "/sys/fs/cgroup/memory", VERSION_1),
                                 (r"^0::(/.*)$", "/sys/fs/cgroup", VERSION_2)):
        if not (found := re.search(pattern, groups, re.M)):
            continue
        for folder in (f"{root}{found.group(1)}".rstrip("/"), root):
            if os.path.exists(f"{folder}/memory.stat"):
                return folder, files
    return None


class Group:
    """A cgroup with a limit, of version 1 or 2."""

    def __init__(self, folder, files):
        self.folder, self.files = folder, files

    def enter(self):
        """For the child, before exec."""
        with open(f"{self.folder}/cgroup.procs", "w") as procs:
            procs.write(str(os.getpid()))

    def read(self, name):
        with open(f"{self.folder}/{name}") as file:
            return int(file.read())

    def usage(self):
        """Bytes, with file caches."""
        return self.read(self.files["usage"])

    def used(self):
        """Bytes without file caches, which the kernel drops before it kills."""
        with open(f"{self.folder}/memory.stat") as stat:
            numbers = dict(line.split() for line in stat)
        return self.usage() - sum(int(numbers[key]) for key in self.files["caches"])

    def limit(self, limit_bytes):
        with open(f"{self.folder}/{self.files['limit']}", "w") as limit:
            limit.write(str(limit_bytes))

    def most_used_during(self, action):
        """The most bytes in use while `action` runs: as the kernel counts them, or each millisecond."""
        if self.files is VERSION_1:
            with open(f"{self.folder}/memory.max_usage_in_bytes", "w") as most:
                most.write("0")
            action()
            return self.read("memory.max_usage_in_bytes")
        most, done = 0, threading.Event()

        def watch():
            nonlocal most
            while not done.wait(0.001):
                most = max(most, self.usage())

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            action()
        finally:
            done.set()
            watcher.join()
        return max(most, self.usage())


@contextlib.contextmanager
def memory_group(limit_bytes):
    """A new group with that limit; None where none can be made."""
    parent, files = own_group() or ("", None)
    folder = f"{parent}/pprof-watch-{os.getpid()}"
    try:
        os.mkdir(folder)
        group = Group(folder, files)
        group.limit(limit_bytes)
    except OSError:
        if os.path.isdir(folder):  # version 2 with processes beside it has no limits there
            os.rmdir(folder)
        yield None
        return
    try:
        yield group
    finally:
        os.rmdir(folder)


def limit_address_space(limit_bytes):
    """For the child, before exec."""
    resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))
