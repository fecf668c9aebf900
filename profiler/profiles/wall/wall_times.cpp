#include "profiler/profiles/wall/wall_times.h"

#include <cmath>
#include <tuple>
#include <utility>

#include "profiler/labels/label_table.h"
#include "profiler/model/snapshot_access.h"
#include "profiler/profiles/stack_view.h"
#include "profiler/profiles/threads/wait_reason.h"

namespace pprof::profiles {

bool WallTimes::Waiting::operator<(const Waiting& other) const {
  return std::tie(label_set, truncated, state, pcs) <
         std::tie(other.label_set, other.truncated, other.state, other.pcs);
}

WallTimes::Entry* WallTimes::Of(uint32_t label_set, BlockedStack* stack) {
  ThreadView view;
  view.call = stack->call;
  view.stat.state = 'S';
  view.pcs = std::move(stack->pcs);
  std::string state = ReasonOf(view).state;
  Waiting key{std::move(view.pcs), stack->truncated, label_set, std::move(state)};
  const auto known = waited_.find(key);
  if (known != waited_.end()) return &*known;
  key.pcs.shrink_to_fit();  // it has room for the deepest stack
  if (waited_.size() >= kMostStacks) key = {{}, true, 0, "waiting"};
  return &*waited_.emplace(std::move(key), 0).first;
}

WallTimes::Entry* WallTimes::OfUnseen(uint32_t label_set) {
  return &*waited_.emplace(Waiting{{}, false, label_set, "waiting"}, 0).first;
}

void WallTimes::WriteTo(std::chrono::nanoseconds tick, SnapshotBuilder& builder) const {
  for (const auto& [stack, nanos] : waited_) {
    if (nanos == 0) continue;
    std::vector<Label> labels = labels::LabelsOf(stack.label_set);
    labels.push_back({"state", stack.state, 0, {}});
    const auto ticks = std::llround(static_cast<double>(nanos) / static_cast<double>(tick.count()));
    const std::vector<int64_t> values{ticks, static_cast<int64_t>(nanos)};
    if (stack.pcs.empty() && stack.truncated) {
      builder.AddNamed(kOverflowFrame, values);
    } else if (stack.pcs.empty()) {
      model::SnapshotAccess::BuilderOf(builder).AddNamed(
          "[no stack: /proc and process_vm_readv are refused]", values.data(), labels);
    } else {
      builder.Add({stack.pcs.data(), stack.pcs.size(), true, stack.truncated}, values, labels);
    }
  }
}

}  // namespace pprof::profiles
