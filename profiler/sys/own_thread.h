// Threads of the profiler's own: named, and deaf to all signals, so that none of the application's
// handlers ever runs on them.
#pragma once

#include <functional>
#include <thread>

namespace pprof::sys {

// Not joinable when no thread could be started. `name`: up to 15 characters.
std::thread StartOwnThread(const char* name, std::function<void()> body);

// Makes the calling thread, and only it, give way to others: raises its nice value by `steps`.
void LowerOwnPriority(int steps);

}  // namespace pprof::sys
