// What malloc and free tell the profiler. The inlined parts are all that an unsampled call pays.
#pragma once

#include <cstddef>
#include <cstdint>

#include "profiler/signal_safe/heap/byte_sampler.h"
#include "profiler/signal_safe/heap/heap_sampler.h"
#include "profiler/sys/process/sanitizers.h"

namespace pprof::signal_safe {

// After CountDown(size) said false: should this allocation be sampled? Answers the interval the
// decision was made with, to be handed to OnAlloc, or 0. Signal-safe.
uint64_t OnCountdownEnd(size_t size);

// A sampled allocation succeeded. `caller` is the return address into the code that called the
// allocator: frames above it are ours and are cut. Signal-safe. REQUIRES: block, interval not null.
void OnAlloc(void* block, size_t size, uint64_t interval, void* caller);

// Asked by every free: false in all but about one of a hundred calls.
__attribute__((always_inline)) inline bool MayBeSampled(const void* block) {
  return heap_sampler.filter.MayHoldSample(block);
}

// `block` is about to be freed: before the allocator can hand its address out again. Signal-safe.
void OnFree(void* block);

// realloc of a block that may be sampled: takes the record out before the allocator runs, and says
// afterwards what became of it. Signal-safe.
class ReallocRecord {
 public:
  explicit ReallocRecord(void* block);
  // The block stayed where it was and has a new size; it keeps its weight.
  void Stayed(size_t size);
  // realloc failed: the block is as it was.
  void Failed() { Stayed(record_.size); }
  // The block moved: the old one is freed.
  void Moved();

 private:
  void* block_;
  LiveRecord record_{};  // before sampled_, whose initializer fills it
  bool sampled_;
};

}  // namespace pprof::signal_safe
