#include "profiler/profiles/holders/samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "profiler/labels/label_table.h"
#include "profiler/model/snapshot_access.h"
#include "profiler/profiles/stack_view.h"
#include "profiler/signal_safe/heap/heap_sampler.h"
#include "profiler/sys/time/clock.h"

namespace pprof::profiles::holders {

SearchOptions OptionsOf(const HolderParameters& parameters, const SnapshotBuilder& builder) {
  SearchOptions options;
  options.cpu_nanos = parameters.cpu_nanos;
  options.cancelled = [&builder] { return builder.cancelled(); };
  // What is allocated from now on may be the search's own.
  const uint64_t now = sys::CoarseMonotonicMillis();
  options.allocated_before_ms = now - std::min(now, parameters.min_age_ms);
  return options;
}

void AddFacts(const HolderSearch& search, bool complete, SnapshotBuilder* builder) {
  constexpr double kMega = 1e6;
  builder->SetPeriod("space", "bytes", static_cast<int64_t>(signal_safe::HeapInterval()));
  builder->AddComment(
      fmt::format("{} samples; {:.1f} MB of objects looked through in {:.2f} s of CPU time, with "
                  "tables of {:.2f} MB",
                  search.targets().count, static_cast<double>(search.objects().bytes()) / kMega,
                  static_cast<double>(search.budget().UsedNanos()) / 1e9,
                  static_cast<double>(search.table_bytes()) / kMega));
  if (!complete) {
    builder->AddComment(
        "a part only: the CPU time of this request did not suffice; a longer one is budget=60");
  }
  if (search.program().skipped_bytes > 0) {
    builder->AddComment(fmt::format("{:.0f} MB of mapped memory were not looked through",
                                    static_cast<double>(search.program().skipped_bytes) / kMega));
  }
}

void AddSample(const Target& target, const std::vector<std::string>& frames,
               std::vector<Label> labels, SnapshotBuilder* builder) {
  const signal_safe::HeapStack& stack = *target.record.stack;
  const int64_t values[] = {std::llround(target.record.weight), std::llround(target.bytes())};
  for (const Label& label : labels::LabelsOf(stack.label_set)) labels.push_back(label);
  model::ProfileBuilder& profile = model::SnapshotAccess::BuilderOf(*builder);
  const uint32_t unloaded_as = stack.unloaded_as.load(std::memory_order_acquire);
  if (&stack == signal_safe::heap_sampler.stacks.overflow()) {
    std::vector<std::string> named = {kOverflowFrame};
    named.insert(named.end(), frames.begin(), frames.end());
    profile.AddBelow({}, named, values, labels, 0);
  } else {
    profile.AddBelow(ViewOf(stack), frames, values, labels, unloaded_as);
  }
}

Status Cancelled() { return {StatusCode::kCancelled, "client left or server is stopping"}; }

}  // namespace pprof::profiles::holders
