#include "profiler/signal_safe/heap/heap_sampler.h"

#include <type_traits>

#include "profiler/sys/process/environment.h"
#include "profiler/sys/process/sanitizers.h"
#include "profiler/sys/process/setting_text.h"

namespace pprof::signal_safe {

// malloc runs before any constructor: zeroed memory must be a valid state.
static_assert(std::is_trivially_default_constructible_v<HeapSampler>);

HeapSampler heap_sampler;
HeapSampler pool_sampler;
PeakTracker heap_peak(heap_sampler.stacks);

namespace {

// The interval plus one; 0, as in zeroed memory: not read yet.
std::atomic<uint64_t> settled_interval_plus_one;

uint64_t FromEnvironment() {
  const char* text = sys::FindEnvironment("PPROF_CPP_HEAP_INTERVAL");
  uint64_t bytes = kDefaultHeapInterval;
  if (text != nullptr && !sys::ParseByteSize(text, &bytes)) {
    heap_sampler.environment_refused.store(true, std::memory_order_relaxed);
    return kDefaultHeapInterval;
  }
  return bytes;
}

}  // namespace

uint64_t HeapInterval() {
  const uint64_t plus_one = settled_interval_plus_one.load(std::memory_order_relaxed);
  if (__builtin_expect(plus_one != 0, 1)) return plus_one - 1;
  // Sanitizers intercept functions that sampling calls, and the first malloc precedes their set-up.
  if (sys::SanitizerIsPresent()) return 0;
  if (!sys::EnvironmentIsKnown()) return kDefaultHeapInterval;  // retry at the next call
  uint64_t unsettled = 0;
  settled_interval_plus_one.compare_exchange_strong(unsettled, FromEnvironment() + 1,
                                                    std::memory_order_relaxed);
  return settled_interval_plus_one.load(std::memory_order_relaxed) - 1;
}

void SetHeapInterval(uint64_t bytes) {
  settled_interval_plus_one.store(bytes + 1, std::memory_order_relaxed);
}

}  // namespace pprof::signal_safe
