// The heap's tables and settings, in one object with static storage: what on_alloc.h writes and
// the heap profile reads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "profiler/signal_safe/heap/heap_stack.h"
#include "profiler/signal_safe/heap/live_table.h"
#include "profiler/signal_safe/heap/page_filter.h"
#include "profiler/signal_safe/heap/peak_tracker.h"

namespace pprof::signal_safe {

constexpr uint64_t kDefaultHeapInterval = uint64_t{512} * 1024;  // as Go's runtime.MemProfileRate

struct HeapSampler {
  PageFilter filter;
  LiveTable live;
  HeapStackTable stacks;
  std::atomic<bool> environment_refused;  // PPROF_CPP_HEAP_INTERVAL could not be read
  std::atomic<uint64_t> samples;
  // Samples that could not be kept: taken while this thread was inside (a handler that allocates).
  std::atomic<uint64_t> lost_samples;
  // Samples that count as allocated and at once as freed: the live table was full.
  std::atomic<uint64_t> untracked_samples;
};

// Hidden: one instruction less in free() than through the global offset table.
extern HeapSampler heap_sampler __attribute__((visibility("hidden")));
extern PeakTracker heap_peak __attribute__((visibility("hidden")));

// The mean distance of samples in bytes; settled from PPROF_CPP_HEAP_INTERVAL at first use.
// Signal-safe once settled.
uint64_t HeapInterval();
void SetHeapInterval(uint64_t bytes);

}  // namespace pprof::signal_safe
