#include "profiler/profiles/wall/wall_times.h"

#include <cmath>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

#include "profiler/labels/label_table.h"
#include "profiler/model/snapshot_access.h"
#include "profiler/profiles/stack_view.h"
#include "profiler/profiles/threads/wait_reason.h"
#include "profiler/sys/thread/tasks.h"

namespace pprof::profiles {
namespace {

// /proc tells where a thread waits; its stack is then copied.
std::string HiddenFrame() {
  const int error = sys::TaskRefusal();
  if (error == 0) return "[no stack: the system denies every way to copy it]";
  return "[no stack: /proc/self/task/TID/syscall: " + std::generic_category().message(error) + "]";
}

}  // namespace

bool WallTimes::Waiting::operator<(const Waiting& other) const {
  return std::tie(label_set, end, kernel_worker, state, pcs) <
         std::tie(other.label_set, other.end, other.kernel_worker, other.state, other.pcs);
}

WallTimes::Entry* WallTimes::Of(uint32_t label_set, BlockedStack* stack) {
  ThreadView view;
  view.call = stack->call;
  view.stat.state = 'S';
  view.pcs = std::move(stack->pcs);
  std::string state = ReasonOf(view).state;
  Waiting key{std::move(view.pcs), stack->end, label_set, std::move(state), false};
  return &*waited_.emplace(std::move(key), 0).first;
}

WallTimes::Entry* WallTimes::OfUnseen(uint32_t label_set) {
  constexpr auto kRoot = signal_safe::StackEnd::kRoot;
  return &*waited_.emplace(Waiting{{}, kRoot, label_set, "waiting", false}, 0).first;
}

WallTimes::Entry* WallTimes::OfKernelWorkers() {
  constexpr auto kRoot = signal_safe::StackEnd::kRoot;
  return &*waited_.emplace(Waiting{{}, kRoot, labels::kNoLabels, "waiting", true}, 0).first;
}

void WallTimes::WriteTo(std::chrono::nanoseconds tick, SnapshotBuilder& builder) const {
  for (const auto& [stack, nanos] : waited_) {
    if (nanos == 0) continue;
    std::vector<Label> labels = labels::LabelsOf(stack.label_set);
    labels.push_back({"state", stack.state, 0, {}});
    const auto ticks = std::llround(static_cast<double>(nanos) / static_cast<double>(tick.count()));
    const std::vector<int64_t> values{ticks, static_cast<int64_t>(nanos)};
    if (stack.pcs.empty()) {
      const std::string frame =
          stack.kernel_worker ? "[kernel worker: io_uring or vhost]" : HiddenFrame();
      model::SnapshotAccess::BuilderOf(builder).AddNamed(frame, values.data(), labels);
    } else {
      builder.Add(ViewOf(stack.pcs, stack.end), values, labels);
    }
  }
}

}  // namespace pprof::profiles
