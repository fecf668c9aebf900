// "heap", "allocs", "peak": allocations sampled inside malloc. "pools": those that the program's
// own allocators report.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "profiler/model/snapshot_access.h"
#include "profiler/profiles/builtin.h"
#include "profiler/profiles/heap/allocator_stats.h"
#include "profiler/profiles/heap/heap_read.h"
#include "profiler/profiles/heap/heap_support.h"
#include "profiler/profiles/heap/heap_values.h"
#include "profiler/profiles/heap/memory_account.h"
#include "profiler/profiles/stack_view.h"
#include "profiler/signal_safe/heap/heap_sampler.h"
#include "profiler/sys/thread/own_descriptors.h"
#include "profiler/sys/time/clock.h"

namespace pprof::profiles {
namespace {

using signal_safe::heap_sampler;
using signal_safe::HeapStack;
using signal_safe::pool_sampler;
using Delta = ValueType::Delta;

constexpr size_t kColumns = 4;

// Only for whether the stack is a table's overflow entry.
const signal_safe::HeapStackTable& TableOf(const HeapStack& stack) {
  return &stack == pool_sampler.stacks.overflow() ? pool_sampler.stacks : heap_sampler.stacks;
}

// Whether the profile can point to the stack instead of copying it.
bool StaysAsItIs(const HeapStack& stack) {
  return &stack != TableOf(stack).overflow() && stack.depth > 0 &&
         stack.end == signal_safe::StackEnd::kRoot &&
         stack.unloaded_as.load(std::memory_order_acquire) == 0;
}

// Adds the readings; without totals only what is in use.
void AddStacks(HeapReading reading, bool with_totals, SnapshotBuilder& builder) {
  const size_t first = with_totals ? 0 : 2;
  const size_t width = kColumns - first;
  model::ProfileBuilder& profile = model::SnapshotAccess::BuilderOf(builder);
  std::vector<model::Sample> samples;
  samples.reserve(reading.stacks.size());
  std::vector<std::pair<const HeapStack*, std::vector<int64_t>>> copied;
  for (size_t i = 0; i < reading.stacks.size(); ++i) {
    const HeapStack& stack = *reading.stacks[i];
    const auto values = reading.values.begin() + static_cast<ptrdiff_t>(i * kColumns + first);
    if (!StaysAsItIs(stack)) {
      copied.push_back({&stack, {values, values + static_cast<ptrdiff_t>(width)}});
      continue;
    }
    // In place: the values of the profile are those of the reading, without what is left out.
    std::copy_n(values, width,
                reading.values.begin() + static_cast<ptrdiff_t>(samples.size() * width));
    samples.push_back(model::Sample::OfPermanent(
        stack.pcs(), stack.depth, profile.AddLabelSet(labels::LabelsOf(stack.label_set))));
  }
  reading.values.resize(samples.size() * width);
  reading.stacks = {};
  profile.AddPermanent(std::move(samples), std::move(reading.values));
  for (const auto& [stack, values] : copied) {
    AddStackOf(TableOf(*stack), *stack, values, builder);
  }
}

// Why the process has more memory than its profile shows.
void AddAccount(SnapshotBuilder& builder) {
  if (const char* allocator = heap_sampler.allocator.load(std::memory_order_relaxed)) {
    builder.AddComment(fmt::format(
        "malloc is that of {}, as without pprof-cpp (PPROF_CPP_ALLOCATOR): its own calls, such as "
        "mallocx or mi_malloc, are not sampled, and what the resident memory consists of is not "
        "known",
        allocator));
    return;
  }
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
  const Result<uint64_t> age_ms = MinAgeMillis(min_age);
  if (!age_ms.ok()) return age_ms.status();
  model::SnapshotAccess::BuilderOf(builder).SetValues(InUseValues());
  builder.AddComment(fmt::format("only objects allocated at least {} ago", min_age));
  const uint64_t now_ms = sys::CoarseMonotonicMillis();
  HeapReading reading = ReadOld(age_ms.value(), now_ms);
  SubtractPools(&reading);
  reading.Append(ReadOld(age_ms.value(), now_ms, pool_sampler));
  AddStacks(std::move(reading), false, builder);
  return {};
}

Status CollectHeap(SnapshotBuilder& builder) {
  if (!HeapSupport().ok()) return HeapSupport();
  AddCommon(builder);
  const std::string* min_age = builder.parameter("min_age");
  if (min_age != nullptr) return CollectOld(*min_age, builder);
  HeapReading reading = ReadHeap();
  SubtractPools(&reading);
  reading.Append(ReadPools());
  AddStacks(std::move(reading), true, builder);
  return {};
}

Status CollectPeak(SnapshotBuilder& builder) {
  if (!HeapSupport().ok()) return HeapSupport();
  AddCommon(builder);
  AddStacks(ReadPeak(), true, builder);
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
