// Tables and settings of heap sampling, in one object with static storage. on_alloc.h writes them;
// the heap profile reads them.
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
  // The profiler's operator new; nullptr where a sanitizer brings its own.
  std::atomic<const void*> operator_new;
  // The module whose malloc the preload library leaves to the program; nullptr: tcmalloc's.
  std::atomic<const char*> allocator;
  std::atomic<bool> environment_refused;  // PPROF_CPP_HEAP_INTERVAL could not be parsed
  std::atomic<uint64_t> samples;
  // Samples dropped because this thread was already inside the profiler (a handler allocated).
  std::atomic<uint64_t> lost_samples;
  // Samples counted as allocated and freed at once because the live table was full.
  std::atomic<uint64_t> untracked_samples;
};

// Hidden visibility saves free() one instruction over the global offset table.
extern HeapSampler heap_sampler __attribute__((visibility("hidden")));
// The same for the memory that the program's own allocators hand out. Its `filter` and `live` hold
// the addresses that the program reports.
extern HeapSampler pool_sampler __attribute__((visibility("hidden")));
extern PeakTracker heap_peak __attribute__((visibility("hidden")));

// Mean distance between samples in bytes; 0: off. Read from PPROF_CPP_HEAP_INTERVAL at first use.
// Thread safety: safe. Async-signal-safe.
uint64_t HeapInterval();
void SetHeapInterval(uint64_t bytes);

}  // namespace pprof::signal_safe
