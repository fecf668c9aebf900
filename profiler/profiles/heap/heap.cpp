// "heap", "allocs", "peak": allocations sampled inside malloc. "pools": those that the program's
// own allocators report.
#include <fmt/format.h>

#include "profiler/model/snapshot_access.h"
#include "profiler/profiles/builtin.h"
#include "profiler/profiles/heap/allocator_stats.h"
#include "profiler/profiles/heap/heap_read.h"
#include "profiler/profiles/heap/heap_support.h"
#include "profiler/profiles/heap/memory_account.h"
#include "profiler/profiles/stack_view.h"
#include "profiler/signal_safe/heap/heap_sampler.h"
#include "profiler/sys/process/setting_text.h"
#include "profiler/sys/thread/own_descriptors.h"
#include "profiler/sys/time/clock.h"

namespace pprof::profiles {
namespace {

using signal_safe::heap_sampler;
using signal_safe::HeapSampler;
using signal_safe::pool_sampler;
using Delta = ValueType::Delta;

// Go's four values in Go's order: readers use the last one by default.
std::vector<ValueType> HeapValues() {
  return {{"alloc_objects", "count", Delta::kDifference},
          {"alloc_space", "bytes", Delta::kDifference},
          {"inuse_objects", "count", Delta::kAtEnd},
          {"inuse_space", "bytes", Delta::kAtEnd}};
}

void AddStacks(const HeapSampler& sampler, const std::vector<HeapUse>& uses, bool with_totals,
               SnapshotBuilder& builder) {
  for (const HeapUse& use : uses) {
    std::vector<int64_t> values;
    if (with_totals) values = {use.allocated_objects, use.allocated_bytes};
    for (const int64_t in_use : {use.in_use_objects, use.in_use_bytes}) values.push_back(in_use);
    AddStackOf(sampler.stacks, *use.stack, values, builder);
  }
}

// Why the process has more memory than its profile shows.
void AddAccount(SnapshotBuilder& builder) {
  MemoryAccount account;
  std::string reason;
  if (!sys::WithOwnDescriptors([&] { return ReadMemoryAccount(&account, &reason); })) {
    builder.SetTextTrailer(AllocatorStatsText());
    builder.AddComment("what the resident memory (RSS) consists of is not known: " + reason);
    return;
  }
  builder.SetTextTrailer(AllocatorStatsText() + LinesOf(account));
  builder.AddComment(SentenceOf(account));
}

// Facts that readers need to interpret the numbers.
void AddCommon(SnapshotBuilder& builder) {
  const uint64_t interval = signal_safe::HeapInterval();
  builder.SetPeriod("space", "bytes", static_cast<int64_t>(interval));
  AddAccount(builder);
  builder.AddLost(heap_sampler.lost_samples.load(std::memory_order_relaxed));
  if (interval == 0) {
    builder.AddComment(
        "heap sampling is off (PPROF_CPP_HEAP_INTERVAL=0 or SetSampling): nothing new is sampled");
  }
  if (const std::string answer = OperatorNewAnswer(); !answer.empty()) {
    builder.AddComment(fmt::format(
        "operator new is answered by {}, not by pprof-cpp: shown is what it takes from malloc",
        answer));
  }
  if (heap_sampler.environment_refused.load(std::memory_order_relaxed)) {
    builder.AddComment(fmt::format(
        "PPROF_CPP_HEAP_INTERVAL is not a number of bytes such as 524288 or 512k; using {}",
        signal_safe::kDefaultHeapInterval));
  }
  const uint64_t untracked = heap_sampler.untracked_samples.load(std::memory_order_relaxed) +
                             pool_sampler.untracked_samples.load(std::memory_order_relaxed);
  if (untracked != 0) {
    builder.AddComment(fmt::format(
        "{} sampled objects are in alloc_* but not in inuse_*: the table of live samples was full. "
        "A longer interval than {} bytes samples fewer.",
        untracked, interval));
  }
}

Status CollectOld(const std::string& min_age, SnapshotBuilder& builder) {
  uint64_t age_nanos = 0;
  if (!sys::ParseDuration(min_age, &age_nanos)) {
    return {StatusCode::kInvalidArgument,
            fmt::format("invalid value \"{}\" for \"min_age\" - must be a duration with its unit, "
                        "such as 10m, 90s or 1h30m",
                        min_age)};
  }
  model::SnapshotAccess::BuilderOf(builder).SetValues({HeapValues()[2], HeapValues()[3]});
  builder.AddComment(fmt::format("only objects allocated at least {} ago", min_age));
  const uint64_t min_age_ms = age_nanos / 1000000;
  const uint64_t now_ms = sys::CoarseMonotonicMillis();
  std::vector<HeapUse> uses = ReadOld(min_age_ms, now_ms);
  SubtractPools(&uses);
  AddStacks(heap_sampler, uses, false, builder);
  AddStacks(pool_sampler, ReadOld(min_age_ms, now_ms, pool_sampler), false, builder);
  return {};
}

Status CollectHeap(SnapshotBuilder& builder) {
  if (!HeapSupport().ok()) return HeapSupport();
  AddCommon(builder);
  const std::string* min_age = builder.parameter("min_age");
  if (min_age != nullptr) return CollectOld(*min_age, builder);
  std::vector<HeapUse> uses = ReadHeap();
  SubtractPools(&uses);
  AddStacks(heap_sampler, uses, true, builder);
  AddStacks(pool_sampler, ReadPools(), true, builder);
  return {};
}

Status CollectPeak(SnapshotBuilder& builder) {
  if (!HeapSupport().ok()) return HeapSupport();
  AddCommon(builder);
  AddStacks(heap_sampler, ReadPeak(), true, builder);
  return {};
}

Status ResetPeak(const Parameters&) {
  signal_safe::heap_peak.Lock();
  signal_safe::heap_peak.Reset();
  signal_safe::heap_peak.Unlock();
  return {};
}

ProfileType HeapFamily(std::string name, std::string description) {
  ProfileType type;
  type.name = std::move(name);
  type.description = std::move(description);
  type.values = HeapValues();
  type.text_form = TextForm::kHeap;
  type.count = [] { return static_cast<int64_t>(heap_sampler.stacks.size()); };
  type.collect = CollectHeap;
  return type;
}

}  // namespace

ProfileType HeapProfile() {
  ProfileType type = HeapFamily(
      "heap",
      "A sampling of memory allocations of live objects. You can specify min_age=10m to see "
      "only objects that have lived at least that long.");
  type.parameters = {"min_age"};
  return type;
}

ProfileType AllocsProfile() {
  ProfileType type = HeapFamily("allocs", "A sampling of all past memory allocations");
  type.shown_first = "alloc_space";
  return type;
}

ProfileType PeakProfile() {
  ProfileType type =
      HeapFamily("peak",
                 "The live objects at the high-water mark of memory in use, since start or since "
                 "POST peak/reset");
  type.collect = CollectPeak;
  type.actions = {{"reset", "Resets the high-water mark to the current level", {}, ResetPeak}};
  return type;
}

}  // namespace pprof::profiles
