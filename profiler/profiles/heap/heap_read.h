// Reads the heap sampler's tables into plain numbers: no lock and no allocation during the walk;
// the program keeps running.
#pragma once

#include <cstddef>
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

// The numbers of many stacks, 40 bytes each: stacks[i] has values[4 * i] and the next three, in the
// order of HeapUse.
struct HeapReading {
  std::vector<const signal_safe::HeapStack*> stacks;
  std::vector<int64_t> values;

  void Add(const HeapUse& use);
  void Append(const HeapReading& others);
  std::vector<HeapUse> Uses() const;
  int64_t& in_use_bytes(size_t stack) { return values[4 * stack + 3]; }
};

// All stacks, and the overflow entry if it is not empty. 20 us for 2,000 stacks.
// Thread safety: safe. Not async-signal-safe: allocates once, before the walk.
HeapReading ReadHeap();

// The same without memory: calls visit(use, argument) for each. `peak`: of the high-water mark,
// while the peak's lock is held. Allocates nothing.
void VisitHeap(bool peak, void (*visit)(const HeapUse& use, void* argument), void* argument);

// The same of what the program's own allocators reported.
HeapReading ReadPools();

// The stacks at the high-water mark; allocated_* are current. Waits for the peak's lock, which
// writers hold for microseconds. Thread safety: safe. Not async-signal-safe.
HeapReading ReadPeak();

// Live memory allocated at least `min_age_ms` milliseconds before `now_ms`, by stack. `now_ms`:
// sys::CoarseMonotonicMillis. Thread safety: safe. Not async-signal-safe.
HeapReading ReadOld(uint64_t min_age_ms, uint64_t now_ms,
                    const signal_safe::HeapSampler& sampler = signal_safe::heap_sampler);

// Subtracts from the bytes in use what allocators of the program have handed out of the blocks: in
// a pool's block they belong to the code that took them, and the rest to the code that made the
// pool grow. Unbiased: each part is weighted with that of its block.
void SubtractPools(HeapReading* reading);

// By how many bytes tcmalloc rounds the live blocks up to its size classes: an estimate from the
// sampled ones. Thread safety: safe.
double ReadRounding();

}  // namespace pprof::profiles
