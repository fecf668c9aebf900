// Waiting for a word of memory to change, and waking who waits: usable from a signal handler.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace pprof::sys {

// Sleeps until woken, or `word` is not `expected`, or the time is over. May return early: look
// again. Not signal-safe.
void FutexWait(std::atomic<uint32_t>* word, uint32_t expected, std::chrono::nanoseconds timeout);

// Wakes everybody who waits for `word`. Signal-safe.
void FutexWake(std::atomic<uint32_t>* word);

}  // namespace pprof::sys
