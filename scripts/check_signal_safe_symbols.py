#!/usr/bin/env python3
"""Checks with nm -u the symbols that the objects of profiler/signal_safe/ use against a short list,
and those of the lock hooks against a shorter one: detects hooks that lock or allocate.

usage: check_signal_safe_symbols.py [OBJECT_OR_FOLDER ...]   (default: build/*/profiler)
"""
import pathlib
import re
import subprocess
import sys

ALLOWED = re.compile(
    r"^(memchr|memcpy|memset|memcmp|memmove|strlen|strcmp|__errno_location|_GLOBAL_OFFSET_TABLE_"
    r"|bcmp"  # a memcmp of which clang needs only whether it is 0
    r"|_ZN5pprof11signal_safe.*"      # our own room
    r"|_ZNK5pprof11signal_safe.*"
    r"|_ZTHN5pprof11signal_safe.*"
    # Functions of sys/ that are async-signal-safe, by name.
    r"|_ZN5pprof3sys\d+(MapPages|UnmapPages|Yield|CoarseMonotonicMillis|MonotonicNanos"
    r"|OwnStackBounds|CreatedThreadStackBounds|ContextRegister|ContextOffset|CallInterrupted|ReadOwnMemory|FilterPunishes|SanitizerIsPresent|FindUnwindInfo|IsModuleCode|CopyOwnMemory|FindEnvironment|ParseDuration|ParseByteSize|ParseCount"
    r"|EnvironmentIsKnown|ThreadId|FutexWake|CreatesOwnThreads"
    r"|IsCpuTimerSignal|IsProcessTimerSignal|SetProcessTimer|DropPendingTimerSignal|StartCpuTimer|DeleteTimer|OwnCpuNanos|ProfilingSignal|UrgentSignal"
    r"|BlocksProfilingSignal|BlockProfilingSignal|UnblockProfilingSignal)E.*"
    r"|_ZN5pprof3sys10in_sandboxE"
    r"|_ZN5pprof3sys10tick_clockE|_ZN5pprof3sys9TickClock5BeginEv"
    # Not async-signal-safe; only called when sampling is switched on.
    r"|_ZN5pprof3sys9TickClock6SettleEv"
    # Wait up to 100 ms; only called around a fork.
    r"|_ZN5pprof3sys\d+(BeginForkOfLoader|EndForkOfLoaderInParent|EndForkOfLoaderInChild)Ev"
    # Not async-signal-safe; only called by dlclose's wrapper: see unloaded_modules.h.
    r"|_ZN5pprof3sys\d+(ListLoadedCode|UnloadedCount)E.*"
    r"|__ubsan_.*|__asan_.*|__tsan_.*)$")  # instrumented builds
ROOM = "pprof_room_signal_safe.dir"
LOCK_HOOKS = re.compile(r"pprof_room_interpose\.dir/.*/(mutex|rwlock|condition|semaphore|join|futex)\.")
LOCK_HOOKS_ALLOWED = re.compile(
    r"^(_ZN5pprof11signal_safe.*|_GLOBAL_OFFSET_TABLE_|__errno_location|_Unwind_Resume"
    r"|__gxx_personality_v0"
    r"|__cxa_begin_catch|_ZSt9terminatev"  # clang's end of a noexcept function; gcc has it in a table
    r"|_ZN5pprof9interpose8FindNextE.*"  # the wrapped functions, at load
    r"|PprofCppSeccomp"  # of process.cpp; neither locks nor allocates
    # Read a byte, a counter, and the owner of a robust mutex that is held.
    r"|__libc_single_threaded|sem_getvalue|gettid"
    r"|__ubsan_.*|__asan_.*|__tsan_.*)$")


def objects(arguments):
    root = pathlib.Path(__file__).resolve().parent.parent
    places = [pathlib.Path(a) for a in arguments] or sorted(root.glob("build/*/profiler"))
    for place in places:
        if place.is_file():
            yield place
        else:
            yield from (p for p in sorted(place.rglob("*.o"))
                        if ROOM in p.as_posix() or LOCK_HOOKS.search(p.as_posix()))


def undefined(path):
    listing = subprocess.run(["nm", "-u", path], check=True, capture_output=True, text=True).stdout
    return [line.split()[-1].split("@")[0] for line in listing.splitlines() if line.strip()]


def main():
    checked, offences = 0, []
    for path in objects(sys.argv[1:]):
        checked += 1
        allowed = LOCK_HOOKS_ALLOWED if LOCK_HOOKS.search(path.as_posix()) else ALLOWED
        offences += [f"{path.name}: {symbol}" for symbol in undefined(path)
                     if not allowed.match(symbol)]
    for offence in offences:
        print(f"not allowed in signal_safe/ or a lock hook: {offence}")
    if not offences:
        print(f"signal-safe symbols: {checked} objects, no offence")
    return 1 if offences or (sys.argv[1:] and not checked) else 0


if __name__ == "__main__":
    sys.exit(main())
