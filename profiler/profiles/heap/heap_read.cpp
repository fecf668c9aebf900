#include "profiler/profiles/heap/heap_read.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "profiler/profiles/heap/allocator_stats.h"
#include "profiler/signal_safe/heap/heap_sampler.h"

namespace pprof::profiles {
namespace {

using signal_safe::heap_peak;
using signal_safe::heap_sampler;
using signal_safe::HeapLevel;
using signal_safe::HeapSampler;
using signal_safe::HeapStack;
using signal_safe::HeapStackTable;
using signal_safe::LiveRecord;
using signal_safe::pool_sampler;

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

template <class LevelOf, class Visit>
void VisitUsed(const HeapStackTable& stacks, LevelOf level_of, Visit visit) {
  stacks.ForEach([&](const HeapStack& stack) {
    const HeapUse use = UseOf(stack, level_of(stack));
    if (use.allocated_objects != 0 || use.in_use_objects != 0) visit(use);
  });
}

HeapLevel LiveLevel(const HeapStack& stack) { return stack.Live(); }
HeapLevel PeakLevel(const HeapStack& stack) { return heap_peak.LevelAtPeak(stack); }

// Reserves before the walk; only stacks added meanwhile can make it reallocate.
template <class LevelOf>
HeapReading ReadAll(const HeapStackTable& stacks, LevelOf level_of) {
  HeapReading reading;
  const size_t most = stacks.size() + 1;  // one more for the overflow entry
  reading.stacks.reserve(most);
  reading.values.reserve(most * kColumns);
  VisitUsed(stacks, level_of, [&](const HeapUse& use) { reading.Add(use); });
  return reading;
}

// The estimated bytes that the program's own allocators have handed out, by address.
class TakenBytes {
 public:
  TakenBytes() {
    pool_sampler.live.ForEachBlock([this](uintptr_t block, const LiveRecord& record) {
      sums_.emplace_back(block, record.weight * static_cast<double>(record.size));
    });
    std::sort(sums_.begin(), sums_.end());
    double sum = 0;
    for (auto& entry : sums_) entry.second = sum += entry.second;
  }

  bool IsEmpty() const { return sums_.empty(); }
  double Within(uintptr_t begin, uintptr_t end) const { return Below(end) - Below(begin); }

 private:
  double Below(uintptr_t address) const {
    const auto at =
        std::lower_bound(sums_.begin(), sums_.end(), address,
                         [](const auto& entry, uintptr_t wanted) { return entry.first < wanted; });
    return at == sums_.begin() ? 0 : (at - 1)->second;
  }

  std::vector<std::pair<uintptr_t, double>> sums_;  // up to and with each block, by address
};

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

void HeapReading::Append(const HeapReading& others) {
  stacks.insert(stacks.end(), others.stacks.begin(), others.stacks.end());
  values.insert(values.end(), others.values.begin(), others.values.end());
}

std::vector<HeapUse> HeapReading::Uses() const {
  std::vector<HeapUse> uses;
  for (size_t i = 0; i < stacks.size(); ++i) {
    const int64_t* of_stack = &values[i * kColumns];
    uses.push_back({stacks[i], of_stack[0], of_stack[1], of_stack[2], of_stack[3]});
  }
  return uses;
}

void VisitHeap(bool peak, void (*visit)(const HeapUse& use, void* argument), void* argument) {
  const auto pass = [&](const HeapUse& use) { visit(use, argument); };
  if (!peak) return VisitUsed(heap_sampler.stacks, LiveLevel, pass);
  heap_peak.Lock();
  VisitUsed(heap_sampler.stacks, PeakLevel, pass);
  heap_peak.Unlock();
}

HeapReading ReadPools() { return ReadAll(pool_sampler.stacks, LiveLevel); }

HeapReading ReadHeap() { return ReadAll(heap_sampler.stacks, LiveLevel); }

HeapReading ReadPeak() {
  heap_peak.Lock();
  HeapReading reading = ReadAll(heap_sampler.stacks, PeakLevel);
  heap_peak.Unlock();
  return reading;
}

HeapReading ReadOld(uint64_t min_age_ms, uint64_t now_ms, const HeapSampler& sampler) {
  if (min_age_ms > now_ms) return {};
  std::unordered_map<const HeapStack*, Sums> by_stack;
  sampler.live.ForEach([&](const LiveRecord& record) {
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

void SubtractPools(HeapReading* reading) {
  const TakenBytes taken;
  if (taken.IsEmpty()) return;
  std::unordered_map<const HeapStack*, double> by_stack;
  heap_sampler.live.ForEachBlock([&](uintptr_t block, const LiveRecord& record) {
    const double bytes = taken.Within(block, block + record.size);
    if (bytes > 0) by_stack[record.stack] += record.weight * bytes;
  });
  for (size_t i = 0; i < reading->stacks.size(); ++i) {
    const auto found = by_stack.find(reading->stacks[i]);
    if (found == by_stack.end()) continue;
    int64_t& in_use_bytes = reading->in_use_bytes(i);
    in_use_bytes = std::max<int64_t>(in_use_bytes - std::llround(found->second), 0);
  }
}

double ReadRounding() {
  double bytes = 0;
  heap_sampler.live.ForEach([&](const LiveRecord& record) {
    const size_t taken = SizeInClass(record.size);
    if (taken > record.size) bytes += record.weight * static_cast<double>(taken - record.size);
  });
  return bytes;
}

}  // namespace pprof::profiles
