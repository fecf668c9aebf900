// Runs a function once in the life of a process, some time after its start. Until then the process
// has no thread and no descriptor for it: early in its life a program may need to be alone
// (unshare, setpriv, daemons that drop privileges), or ends soon.
//
// Whatever comes first then creates the thread:
//  * a wait of the program (waits.cpp) that would last longer: it is interrupted once, unseen;
//  * a thread of the program's own: ours is created with it, and sleeps;
//  * one SIGURG for a program that computes, or waits inside a library. The handler creates the
//    thread only where it interrupted neither the C library, nor the loader, nor this code.
#pragma once

#include <cstdint>

namespace pprof::preload {

// `start` runs on a profiler thread in `nanos` from now. Replaces what was awaited before.
// REQUIRES: the process has one thread. Async-signal-safe.
void StartLater(int64_t nanos, void (*start)());

// Finds what the handler has to compare with. REQUIRES: at load.
void PrepareLateStart();

// Whether the function has not run and none of its threads exists. Async-signal-safe.
bool StartIsAwaited();

// Nanoseconds until then; 0 when the time has come. REQUIRES: StartIsAwaited().
// Async-signal-safe.
int64_t NanosUntilStart();

// Creates the thread if the time has come. Keeps errno. Thread safety: safe.
// Not async-signal-safe: creates a thread.
void StartIfDue();

// Looks up the C library's waits, so that none has to do so in a signal handler.
// Not async-signal-safe: takes the loader's lock.
void ResolveWaits();

}  // namespace pprof::preload
