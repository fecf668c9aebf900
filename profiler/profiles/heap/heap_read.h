// Reads the heap sampler's tables into plain numbers: no lock and no allocation during the walk;
// the program keeps running.
#pragma once

#include <cstdint>
#include <vector>

#include "profiler/signal_safe/heap/heap_sampler.h"

namespace pprof::profiles {

// Estimates for one stack, in whole objects and bytes. Never negative.
struct HeapUse {
  const signal_safe::HeapStack* stack = nullptr;
  int64_t allocated_objects = 0;
  int64_t allocated_bytes = 0;
  int64_t in_use_objects = 0;
  int64_t in_use_bytes = 0;
};

// All stacks, and the overflow entry if it is not empty. 20 us for 2,000 stacks.
// Thread safety: safe. Not async-signal-safe: allocates once, before the walk.
std::vector<HeapUse> ReadHeap();

// The same of what the program's own allocators reported.
std::vector<HeapUse> ReadPools();

// The stacks at the high-water mark; allocated_* are current. Waits for the peak's lock, which
// writers hold for microseconds. Thread safety: safe. Not async-signal-safe.
std::vector<HeapUse> ReadPeak();

// Live memory allocated at least `min_age_ms` milliseconds before `now_ms`, by stack. `now_ms`:
// sys::CoarseMonotonicMillis. Thread safety: safe. Not async-signal-safe.
std::vector<HeapUse> ReadOld(uint64_t min_age_ms, uint64_t now_ms,
                             const signal_safe::HeapSampler& sampler = signal_safe::heap_sampler);

// Subtracts from the bytes in use what allocators of the program have handed out of the blocks: in
// a pool's block they belong to the code that took them, and the rest to the code that made the
// pool grow. Unbiased: each part is weighted with that of its block.
void SubtractPools(std::vector<HeapUse>* uses);

// By how many bytes tcmalloc rounds the live blocks up to its size classes: an estimate from the
// sampled ones. Thread safety: safe.
double ReadRounding();

}  // namespace pprof::profiles
