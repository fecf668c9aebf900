#include "profiler/profiles/heap/heap_read.h"

#include <cmath>
#include <unordered_map>
#include <utility>

#include "profiler/signal_safe/heap/heap_sampler.h"

namespace pprof::profiles {
namespace {

using signal_safe::heap_peak;
using signal_safe::heap_sampler;
using signal_safe::HeapLevel;
using signal_safe::HeapStack;

HeapUse UseOf(const HeapStack& stack, const HeapLevel& in_use) {
  HeapUse use;
  use.stack = &stack;
  use.in_use_objects = in_use.count.Rounded();
  use.in_use_bytes = in_use.bytes;
  // Read after the level, so that allocated is never less than in use.
  use.allocated_objects = stack.allocated_count.Load().Rounded();
  use.allocated_bytes = static_cast<int64_t>(stack.allocated_bytes.load(std::memory_order_relaxed));
  return use;
}

// Reserves before the walk; only stacks added meanwhile can make it reallocate.
template <class LevelOf>
std::vector<HeapUse> ReadAll(LevelOf level_of) {
  std::vector<HeapUse> uses;
  uses.reserve(heap_sampler.stacks.size() + 1);  // one more for the overflow entry
  heap_sampler.stacks.ForEach([&](const HeapStack& stack) {
    const HeapUse use = UseOf(stack, level_of(stack));
    const bool used = use.allocated_objects != 0 || use.in_use_objects != 0;
    if (used) uses.push_back(use);
  });
  return uses;
}

struct Sums {
  double objects = 0;
  double bytes = 0;
};

}  // namespace

std::vector<HeapUse> ReadHeap() {
  return ReadAll([](const HeapStack& stack) { return stack.Live(); });
}

std::vector<HeapUse> ReadPeak() {
  heap_peak.Lock();
  std::vector<HeapUse> uses =
      ReadAll([](const HeapStack& stack) { return heap_peak.LevelAtPeak(stack); });
  heap_peak.Unlock();
  return uses;
}

std::vector<HeapUse> ReadOld(uint64_t min_age_ms, uint64_t now_ms) {
  if (min_age_ms > now_ms) return {};
  std::unordered_map<const HeapStack*, Sums> by_stack;
  heap_sampler.live.ForEach([&](const signal_safe::LiveRecord& record) {
    if (record.allocated_at_ms > now_ms - min_age_ms) return;
    Sums& sums = by_stack[record.stack];
    sums.objects += record.weight;
    sums.bytes += record.weight * static_cast<double>(record.size);
  });
  std::vector<HeapUse> uses;
  for (const auto& [stack, sums] : by_stack) {
    HeapUse use;
    use.stack = stack;
    use.in_use_objects = std::llround(sums.objects);
    use.in_use_bytes = std::llround(sums.bytes);
    uses.push_back(use);
  }
  return uses;
}

}  // namespace pprof::profiles
