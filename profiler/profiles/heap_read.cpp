#include "profiler/profiles/heap_read.h"

#include <cmath>
#include <unordered_map>

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

// Room for the stacks there are and some that come while reserving.
std::vector<HeapStack> RoomForStacks() {
  std::vector<HeapStack> room;
  room.reserve(heap_sampler.stacks.size() + 64);
  return room;
}

void AddIfUsed(const HeapStack& stack, std::vector<HeapStack>* stacks) {
  const bool used = stack.allocated_objects != 0 || stack.live_objects != 0;
  if (used && stacks->size() < stacks->capacity()) stacks->push_back(stack);
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
  std::vector<HeapStack> stacks = RoomForStacks();
  AddIfUsed(ReadOne(*heap_sampler.stacks.overflow()), &stacks);
  for (const StackEntry* stack = heap_sampler.stacks.all(); stack != nullptr;
       stack = stack->next_of_all) {
    AddIfUsed(ReadOne(*stack), &stacks);
  }
  return stacks;
}

std::vector<HeapStack> ReadPeakStacks() {
  std::vector<HeapStack> stacks = RoomForStacks();
  const auto read = [&stacks](const StackEntry& entry) {
    HeapStack stack = ReadOne(entry);
    int64_t parts = 0;
    heap_peak.ReadAtPeak(entry, &parts, &stack.live_bytes);
    stack.live_objects = WholeObjects(parts);
    AddIfUsed(stack, &stacks);
  };
  heap_peak.Lock();
  read(*heap_sampler.stacks.overflow());
  for (const StackEntry* stack = heap_sampler.stacks.all(); stack != nullptr;
       stack = stack->next_of_all) {
    read(*stack);
  }
  heap_peak.Unlock();
  return stacks;
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
