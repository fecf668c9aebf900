// One stack of the heap: what it allocated, what was freed of it, and its part in the peak.
#pragma once

#include <atomic>
#include <cstdint>

#include "profiler/signal_safe/tables/fixed_count.h"
#include "profiler/signal_safe/tables/stack_table.h"

namespace pprof::signal_safe {

struct HeapStack;

// What is in use of one stack.
struct HeapLevel {
  FixedCount count;
  int64_t bytes;
};

// What PeakTracker knows of one stack; `next` and `queued` are any thread's, the rest is the lock
// owner's.
struct PeakState {
  HeapStack* next;
  std::atomic<bool> queued;
  uint64_t epoch;  // of `saved`
  HeapLevel live;
  HeapLevel saved;
};

// Estimates of the whole; all but `peak` grow for ever. Thread safety: safe. Signal-safe.
struct HeapStack : StackNode {
  FixedCounter allocated_count;
  std::atomic<uint64_t> allocated_bytes;
  FixedCounter freed_count;
  std::atomic<uint64_t> freed_bytes;
  PeakState peak;

  // Freed before allocated: then neither number is ever negative.
  HeapLevel Live() const {
    const FixedCount gone = freed_count.Load(std::memory_order_acquire);
    const uint64_t gone_bytes = freed_bytes.load(std::memory_order_acquire);
    return {allocated_count.Load() - gone,
            static_cast<int64_t>(allocated_bytes.load(std::memory_order_relaxed) - gone_bytes)};
  }
};

using HeapStackTable = StackTable<HeapStack>;

}  // namespace pprof::signal_safe
