"""A place where a process really dies for lack of memory, or cannot get more."""

import contextlib
import os
import re
import resource


def own_group():
    """The memory cgroup (version 1) of this process, or None."""
    with open("/proc/self/cgroup") as groups:
        found = re.search(r"^\d+:(?:\w+,)*memory(?:,\w+)*:(/.*)$", groups.read(), re.M)
    if not found:
        return None
    for folder in (f"/sys/fs/cgroup/memory{found.group(1)}", "/sys/fs/cgroup/memory"):
        if os.path.exists(f"{folder}/memory.limit_in_bytes"):
            return folder
    return None


class Group:
    """A cgroup with a limit."""

    def __init__(self, folder):
        self.folder = folder

    def enter(self):
        """For the child, before exec."""
        with open(f"{self.folder}/cgroup.procs", "w") as procs:
            procs.write(str(os.getpid()))

    def read(self, name):
        with open(f"{self.folder}/{name}") as file:
            return int(file.read())

    def used(self):
        """Bytes without file caches, which the kernel drops before it kills."""
        with open(f"{self.folder}/memory.stat") as stat:
            numbers = dict(line.split() for line in stat)
        return self.read("memory.usage_in_bytes") - sum(
            int(numbers[key]) for key in ("total_inactive_file", "total_active_file"))


@contextlib.contextmanager
def memory_group(limit_bytes):
    """A new group with that limit; None where none can be made."""
    parent = own_group()
    folder = f"{parent}/pprof-watch-{os.getpid()}"
    try:
        os.mkdir(folder)
    except OSError:
        yield None
        return
    try:
        with open(f"{folder}/memory.limit_in_bytes", "w") as limit:
            limit.write(str(limit_bytes))
        yield Group(folder)
    finally:
        os.rmdir(folder)


def limit_address_space(limit_bytes):
    """For the child, before exec."""
    resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))
