#include "profiler/profiles/heap_read.h"

#include <cmath>
#include <unordered_map>
#include <utility>

#include "profiler/signal_safe/heap_sampler.h"
#include "profiler/sys/monotonic_clock.h"

namespace pprof::profiles {
namespace {

using signal_safe::heap_peak;
using signal_safe::heap_sampler;
using signal_safe::StackEntry;

// Counters count in 1/65536 objects.
int64_t WholeObjects(int64_t parts) { return (parts + 32768) >> 16; }

HeapStack ReadOne(const StackEntry& stack) {
  const signal_safe::HeapCounters& heap = stack.heap;
  // Freed first: an allocation that is freed between the two looks must not count as freed only.
  const uint64_t freed_count = heap.freed_count.load(std::memory_order_acquire);
  const uint64_t freed_bytes = heap.freed_bytes.load(std::memory_order_acquire);
  const uint64_t count = heap.allocated_count.load(std::memory_order_relaxed);
  const uint64_t bytes = heap.allocated_bytes.load(std::memory_order_relaxed);
  return {&stack, WholeObjects(static_cast<int64_t>(count)), static_cast<int64_t>(bytes),
          WholeObjects(static_cast<int64_t>(count - freed_count)),
          static_cast<int64_t>(bytes - freed_bytes)};
}

// The stacks there are, and room for all of them: a stack is counted before it is in the list, so
// the size read after the list's head covers the list. Allocating the room may add a stack; it is
// not in this list.
struct AllStacks {
  const StackEntry* newest = heap_sampler.stacks.all();
  std::vector<HeapStack> room;

  AllStacks() { room.reserve(heap_sampler.stacks.size() + 1); }  // one more for the overflow entry
};

void AddIfUsed(const HeapStack& stack, std::vector<HeapStack>* stacks) {
  if (stack.allocated_objects != 0 || stack.live_objects != 0) stacks->push_back(stack);
}

struct OldBlocks {
  uint64_t allocated_before_ms;
  std::unordered_map<const StackEntry*, std::pair<double, double>> by_stack;  // objects, bytes
};

void VisitLive(void* context, const signal_safe::LiveRecord& record) {
  auto& old = *static_cast<OldBlocks*>(context);
  if (record.allocated_at_ms > old.allocated_before_ms) return;
  auto& [objects, bytes] = old.by_stack[record.stack];
  objects += record.weight;
  bytes += record.weight * static_cast<double>(record.size);
}

}  // namespace

std::vector<HeapStack> ReadHeapStacks() {
  AllStacks all;
  AddIfUsed(ReadOne(*heap_sampler.stacks.overflow()), &all.room);
  for (const StackEntry* stack = all.newest; stack != nullptr; stack = stack->next_of_all) {
    AddIfUsed(ReadOne(*stack), &all.room);
  }
  return std::move(all.room);
}

std::vector<HeapStack> ReadPeakStacks() {
  AllStacks all;
  const auto read = [&all](const StackEntry& entry) {
    HeapStack stack = ReadOne(entry);
    int64_t parts = 0;
    heap_peak.ReadAtPeak(entry, &parts, &stack.live_bytes);
    stack.live_objects = WholeObjects(parts);
    AddIfUsed(stack, &all.room);
  };
  heap_peak.Lock();
  read(*heap_sampler.stacks.overflow());
  for (const StackEntry* stack = all.newest; stack != nullptr; stack = stack->next_of_all) {
    read(*stack);
  }
  heap_peak.Unlock();
  return std::move(all.room);
}

std::vector<HeapStack> ReadOldStacks(uint64_t min_age_ms) {
  const uint64_t now = sys::CoarseMonotonicMillis();
  if (min_age_ms > now) return {};
  OldBlocks old{now - min_age_ms, {}};
  heap_sampler.live.ForEach(VisitLive, &old);
  std::vector<HeapStack> stacks;
  for (const auto& [stack, sums] : old.by_stack) {
    HeapStack read;
    read.stack = stack;
    read.live_objects = std::llround(sums.first);
    read.live_bytes = std::llround(sums.second);
    stacks.push_back(read);
  }
  return stacks;
}

}  // namespace pprof::profiles
