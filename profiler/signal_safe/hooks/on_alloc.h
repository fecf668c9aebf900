// Allocator events. An unsampled call runs only the inlined parts.
#pragma once

#include <cstddef>
#include <cstdint>

#include "profiler/signal_safe/heap/byte_sampler.h"
#include "profiler/signal_safe/heap/heap_sampler.h"
#include "profiler/sys/process/sanitizers.h"

namespace pprof::signal_safe {

// After CountDown(size) returned false: returns the interval to pass to OnAlloc if this allocation
// is sampled, else 0. Async-signal-safe.
uint64_t OnCountdownEnd(size_t size);

// Records a sampled allocation. `caller`: return address in the code that called the allocator; the
// profiler's own frames above it are dropped. Async-signal-safe.
// REQUIRES: block != nullptr, interval != 0.
void OnAlloc(void* block, size_t size, uint64_t interval, void* caller);

// Called by every free; false in all but about one of a hundred calls. Async-signal-safe.
__attribute__((always_inline)) inline bool MayBeSampled(const void* block) {
  return heap_sampler.filter.MayHoldSample(block);
}

// Called before `block` is freed, since the allocator may then reuse its address.
// Async-signal-safe.
void OnFree(void* block);

// The same events of the program's own allocators, for pool_sampler. `block` may be any address but
// 0. A block that is reported again has been freed with its arena. Async-signal-safe.
void OnPoolCountdownEnd(const void* block, size_t size, void* caller);  // after CountDown: false
__attribute__((always_inline)) inline void OnPoolAlloc(const void* block, size_t size,
                                                       void* caller) {
  if (!CountDown(size)) OnPoolCountdownEnd(block, size, caller);
}
void OnSampledPoolFree(const void* block);
__attribute__((always_inline)) inline void OnPoolFree(const void* block) {
  if (pool_sampler.filter.MayHoldSample(block)) OnSampledPoolFree(block);
}
// All blocks in a range. Looks through the table of live samples. Async-signal-safe.
void OnPoolFreeRange(const void* begin, size_t bytes);

// realloc of a block that may be sampled: takes the record out before the allocator runs; one of
// the members then reports the outcome. Async-signal-safe.
class ReallocRecord {
 public:
  explicit ReallocRecord(void* block);
  // The block kept its address and has a new size; it keeps its weight.
  void Stayed(size_t size);
  // realloc failed: the block is unchanged.
  void Failed() { Stayed(record_.size); }
  // The block moved: the old one is freed.
  void Moved();

 private:
  void* block_;
  LiveRecord record_{};  // before sampled_, whose initializer fills it
  bool sampled_;
};

}  // namespace pprof::signal_safe
