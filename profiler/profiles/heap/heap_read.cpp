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

constexpr size_t kColumns = 4;

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
HeapReading ReadAll(LevelOf level_of) {
  HeapReading reading;
  const size_t most = heap_sampler.stacks.size() + 1;  // one more for the overflow entry
  reading.stacks.reserve(most);
  reading.values.reserve(most * kColumns);
  heap_sampler.stacks.ForEach([&](const HeapStack& stack) {
    const HeapUse use = UseOf(stack, level_of(stack));
    const bool used = use.allocated_objects != 0 || use.in_use_objects != 0;
    if (used) reading.Add(use);
  });
  return reading;
}

struct Sums {
  double objects = 0;
  double bytes = 0;
};

}  // namespace

void HeapReading::Add(const HeapUse& use) {
  stacks.push_back(use.stack);
  for (const int64_t value :
       {use.allocated_objects, use.allocated_bytes, use.in_use_objects, use.in_use_bytes}) {
    values.push_back(value);
  }
}

std::vector<HeapUse> HeapReading::Uses() const {
  std::vector<HeapUse> uses;
  for (size_t i = 0; i < stacks.size(); ++i) {
    const int64_t* of_stack = &values[i * kColumns];
    uses.push_back({stacks[i], of_stack[0], of_stack[1], of_stack[2], of_stack[3]});
  }
  return uses;
}

HeapReading ReadHeap() {
  return ReadAll([](const HeapStack& stack) { return stack.Live(); });
}

HeapReading ReadPeak() {
  heap_peak.Lock();
  HeapReading reading =
      ReadAll([](const HeapStack& stack) { return heap_peak.LevelAtPeak(stack); });
  heap_peak.Unlock();
  return reading;
}

HeapReading ReadOld(uint64_t min_age_ms, uint64_t now_ms) {
  if (min_age_ms > now_ms) return {};
  std::unordered_map<const HeapStack*, Sums> by_stack;
  heap_sampler.live.ForEach([&](const signal_safe::LiveRecord& record) {
    if (record.allocated_at_ms > now_ms - min_age_ms) return;
    Sums& sums = by_stack[record.stack];
    sums.objects += record.weight;
    sums.bytes += record.weight * static_cast<double>(record.size);
  });
  HeapReading reading;
  reading.stacks.reserve(by_stack.size());
  reading.values.reserve(by_stack.size() * kColumns);
  for (const auto& [stack, sums] : by_stack) {
    HeapUse use;
    use.stack = stack;
    use.in_use_objects = std::llround(sums.objects);
    use.in_use_bytes = std::llround(sums.bytes);
    reading.Add(use);
  }
  return reading;
}

}  // namespace pprof::profiles
