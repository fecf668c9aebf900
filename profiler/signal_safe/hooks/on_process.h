// Process-wide events: forks and module unloads.
#pragma once

#include <atomic>

namespace pprof::signal_safe {

// Before a fork, in the forking thread, and after it in the parent. OnForkBegin waits up to 100 ms
// for profiler threads inside the loader. Async-signal-safe.
void OnForkBegin();
void OnForkParent();

// In the child of a fork, which has only the forking thread. Async-signal-safe.
void OnForkChild();

// Before the program gives the calling thread a filter of system calls, which may end the process
// at one that the program itself does not make: what a sample needs is fetched now, and samples
// make no call any more. `filter`: a sock_fprog; nullptr: the strict mode. Async-signal-safe.
void OnSandbox(const void* filter);
// Called by it, unless null.
using SandboxCallback = void (*)();
extern std::atomic<SandboxCallback> on_program_sandbox;

// Around every dlclose: invalidates what is cached about the unloaded module's addresses.
// Not async-signal-safe: takes the loader's lock, as dlclose does.
void OnUnloadBegin();
void OnUnloadEnd();

}  // namespace pprof::signal_safe
