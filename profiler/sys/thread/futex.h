// Waits for a word in memory to change, and wakes its waiters, also from a signal handler.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace pprof::sys {

// Sleeps until woken, `word` differs from `expected`, or the timeout. May return early: check the
// word again. Not async-signal-safe: blocks.
void FutexWait(std::atomic<uint32_t>* word, uint32_t expected, std::chrono::nanoseconds timeout);

// Wakes all threads that wait for `word`. Async-signal-safe.
void FutexWake(std::atomic<uint32_t>* word);

}  // namespace pprof::sys
