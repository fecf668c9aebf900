// Heap counters of one stack: allocated, freed, and its level at the peak.
#pragma once

#include <atomic>
#include <cstdint>

#include "profiler/signal_safe/tables/fixed_count.h"
#include "profiler/signal_safe/tables/stack_table.h"

namespace pprof::signal_safe {

struct HeapStack;

// Memory of one stack that is in use.
struct HeapLevel {
  FixedCount count;
  int64_t bytes;
};

// PeakTracker's state of one stack. Any thread writes `next` and `queued`; only the lock owner
// writes the rest.
struct PeakState {
  HeapStack* next;
  std::atomic<bool> queued;
  uint64_t epoch;  // of `saved`
  HeapLevel live;
  HeapLevel saved;
};

// Scaled-up values; all but `peak` only grow. Thread safety: safe. Async-signal-safe.
struct HeapStack : StackNode {
  FixedCounter allocated_count;
  std::atomic<uint64_t> allocated_bytes;
  FixedCounter freed_count;
  std::atomic<uint64_t> freed_bytes;
  PeakState peak;

  // Loads the freed counters first, so that no difference is negative.
  HeapLevel Live() const {
    const FixedCount gone = freed_count.Load(std::memory_order_acquire);
    const uint64_t gone_bytes = freed_bytes.load(std::memory_order_acquire);
    return {allocated_count.Load() - gone,
            static_cast<int64_t>(allocated_bytes.load(std::memory_order_relaxed) - gone_bytes)};
  }
};

using HeapStackTable = StackTable<HeapStack>;

}  // namespace pprof::signal_safe
