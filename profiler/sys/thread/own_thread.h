// Threads of the profiler's own: named, deaf to all signals, so that none of the application's
// handlers ever runs on them, and marked, so that no profile takes them for the application's.
#pragma once

#include <functional>
#include <thread>

namespace pprof::sys {

// Not joinable when no thread could be started. `name`: up to 15 characters.
std::thread StartOwnThread(const char* name, std::function<void()> body);

// Whether a thread that the calling thread creates now is the profiler's own. The creator says it,
// so that the thread is marked before its first instruction. Not inherited: what such a thread runs
// may be the application's (a profile of its own, a callback), and may start threads.
// Signal-safe.
bool CreatesOwnThreads();

// For the calling thread; returns what was set before. Signal-safe.
bool SetCreatesOwnThreads(bool creates);

// Makes the calling thread, and only it, give way to others: raises its nice value by `steps`.
void LowerOwnPriority(int steps);

}  // namespace pprof::sys
