#include "profiler/signal_safe/hooks/on_alloc.h"

#include "profiler/signal_safe/hooks/capture_stack.h"
#include "profiler/signal_safe/signal_safe.h"
#include "profiler/sys/time/clock.h"

namespace pprof::signal_safe {
namespace {

// Rounded in one place: an allocation adds exactly the bytes that its free subtracts.
uint64_t BytesOf(double weight, uint64_t size) {
  // NOLINTNEXTLINE(bugprone-incorrect-roundings): never negative, and lround is a call into libm
  return static_cast<uint64_t>(weight * static_cast<double>(size) + 0.5);
}

void AddAllocated(HeapStack* stack, double weight, uint64_t size) {
  stack->allocated_count.Add(FixedCount::Of(weight));
  stack->allocated_bytes.fetch_add(BytesOf(weight, size), std::memory_order_relaxed);
}

// Release, paired with HeapStack::Live: a reader that sees the free sees its malloc.
void AddFreed(const LiveRecord& record) {
  record.stack->freed_count.Add(FixedCount::Of(record.weight), std::memory_order_release);
  record.stack->freed_bytes.fetch_add(BytesOf(record.weight, record.size),
                                      std::memory_order_release);
}

// Removes a block and answers its stack; nullptr: it was not sampled.
HeapStack* RemoveFrom(HeapSampler& sampler, const void* block) {
  LiveRecord record;
  if (!sampler.live.Remove(block, &record)) return nullptr;
  sampler.filter.Remove(block);
  AddFreed(record);
  return record.stack;
}

// Adds a sampled block and answers its stack.
HeapStack* AddTo(HeapSampler& sampler, const void* block, size_t size, uint64_t interval,
                 void* caller) {
  const ReentryGuard guard;
  const double weight = WeightOf(size, interval);
  HeapStack* stack = CaptureStack(caller, &sampler.stacks);
  AddAllocated(stack, weight, size);
  sampler.filter.Add(block);  // before Insert: see page_filter.h
  const LiveRecord record{stack, size, weight, sys::CoarseMonotonicMillis()};
  if (!sampler.live.Insert(block, record)) {
    sampler.filter.Remove(block);
    sampler.untracked_samples.fetch_add(1, std::memory_order_relaxed);
    AddFreed(record);  // in-use numbers cover tracked blocks only
  }
  sampler.samples.fetch_add(1, std::memory_order_relaxed);
  return stack;
}

// At the default interval the first samples of a process are closer: a heap of a few hundred KiB,
// or the first moments of a program, would have no sample or a single one. Each sample has the
// weight of the interval it was drawn with, so sums stay unbiased.
uint64_t IntervalOfNext() {
  const uint64_t interval = HeapInterval();
  if (interval != kDefaultHeapInterval) return interval;
  const uint64_t samples = heap_sampler.samples.load(std::memory_order_relaxed);
  if (samples < 64) return interval / 32;
  if (samples < 128) return interval / 8;
  return samples < 256 ? interval / 2 : interval;
}

}  // namespace

uint64_t OnCountdownEnd(size_t size) {
  const uint64_t interval = Expired(size, IntervalOfNext());
  if (interval == 0) return 0;
  if (thread_state.busy) {  // a handler that interrupted OnAlloc allocates
    heap_sampler.lost_samples.fetch_add(1, std::memory_order_relaxed);
    return 0;
  }
  return interval;
}

void OnAlloc(void* block, size_t size, uint64_t interval, void* caller) {
  // Still in the table: freed without our hook, e.g. by tc_free or a library bound to its own free.
  if (heap_sampler.filter.MayHoldSample(block)) OnFree(block);
  heap_peak.OnChange(AddTo(heap_sampler, block, size, interval, caller));
}

void OnFree(void* block) {
  if (HeapStack* stack = RemoveFrom(heap_sampler, block)) heap_peak.OnChange(stack);
}

// noinline, cold: it would add a stack frame of variables to the usual path.
__attribute__((noinline, cold)) void OnPoolCountdownEnd(const void* block, size_t size,
                                                        void* caller) {
  const uint64_t interval = OnCountdownEnd(size);
  if (interval == 0) return;
  OnPoolFree(block);  // an arena forgot it
  AddTo(pool_sampler, block, size, interval, caller);
}

void OnSampledPoolFree(const void* block) { RemoveFrom(pool_sampler, block); }

void OnPoolFreeRange(const void* begin, size_t bytes) {
  const auto first = reinterpret_cast<uintptr_t>(begin);
  pool_sampler.live.RemoveRange(first, first + bytes,
                                [](const void* block, const LiveRecord& record) {
                                  pool_sampler.filter.Remove(block);
                                  AddFreed(record);
                                });
}

ReallocRecord::ReallocRecord(void* block)
    : block_(block), sampled_(heap_sampler.live.Remove(block, &record_)) {}

// In-use bytes change from weight * old size to weight * new size; allocated bytes stay. A sampled
// block represents `weight` blocks of its kind, whatever its new size.
void ReallocRecord::Stayed(size_t size) {
  if (!sampled_) return;
  const uint64_t before = BytesOf(record_.weight, record_.size);
  const LiveRecord resized{record_.stack, size, record_.weight, record_.allocated_at_ms};
  if (!heap_sampler.live.Insert(block_, resized)) {
    heap_sampler.untracked_samples.fetch_add(1, std::memory_order_relaxed);
    Moved();
    return;
  }
  record_.stack->freed_bytes.fetch_add(before - BytesOf(record_.weight, size),
                                       std::memory_order_release);
  heap_peak.OnChange(record_.stack);
}

void ReallocRecord::Moved() {
  if (!sampled_) return;
  heap_sampler.filter.Remove(block_);
  AddFreed(record_);
  heap_peak.OnChange(record_.stack);
}

}  // namespace pprof::signal_safe
