// The signal by which a person asks for a capture.
#pragma once

#include <atomic>

namespace pprof::signal_safe {

// Set by the handler; the watch takes it back. Async-signal-safe.
extern std::atomic<bool> capture_asked;

// Signal handler only.
void OnWatchSignal(int signal, void* siginfo, void* ucontext);

}  // namespace pprof::signal_safe
