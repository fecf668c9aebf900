#include "profiler/profiles/cpu_window.h"

#include <cmath>
#include <tuple>
#include <utility>

#include "profiler/model/label_table.h"

namespace pprof::profiles {

bool CpuWindow::StackKey::operator<(const StackKey& other) const {
  return std::tie(label_set, truncated, pcs) < std::tie(other.label_set, other.truncated, other.pcs);
}

void CpuWindow::OnSample(const signal_safe::RingSample& sample) {
  ThreadSum& thread = threads_[sample.tid];
  if (sample.weight == 0) {  // the thread ended; its number may come again
    thread.cpu_end = sample.cpu_nanos;
    ended_.push_back(std::move(thread));
    threads_.erase(sample.tid);
    return;
  }
  thread.weight += sample.weight;
  StackKey key{{sample.pcs, sample.pcs + sample.depth}, sample.label_set, sample.truncated};
  thread.stacks[std::move(key)] += sample.weight;
}

void CpuWindow::WriteTo(SnapshotBuilder& builder) const {
  uint64_t not_sampled = 0;
  for (const auto& entry : threads_) WriteThread(entry.second, &not_sampled, builder);
  for (const ThreadSum& thread : ended_) WriteThread(thread, &not_sampled, builder);
  if (not_sampled != 0) builder.AddNamed("[not sampled]", {0, static_cast<int64_t>(not_sampled)});
}

void CpuWindow::WriteThread(const ThreadSum& thread, uint64_t* not_sampled,
                            SnapshotBuilder& builder) const {
  const uint64_t used = thread.cpu_end > thread.cpu_begin ? thread.cpu_end - thread.cpu_begin : 0;
  if (thread.weight == 0) {
    *not_sampled += used;
    return;
  }
  // A clock that could not be read (the thread ended outside pthread's ways) leaves the raw count.
  const double nanos_per_weight = used == 0
                                      ? static_cast<double>(interval_nanos_)
                                      : static_cast<double>(used) / static_cast<double>(thread.weight);
  for (const auto& [key, weight] : thread.stacks) {
    const auto nanos = std::llround(nanos_per_weight * static_cast<double>(weight));
    builder.Add({key.pcs.data(), key.pcs.size(), true, key.truncated},
                {static_cast<int64_t>(weight), nanos}, model::LabelsOf(key.label_set));
  }
}

void CpuWindow::WriteRunning(const std::map<int32_t, uint64_t>& waited_to_run, uint64_t tick_nanos,
                             SnapshotBuilder& builder) const {
  for (const auto& [tid, waited] : waited_to_run) {
    const auto thread = threads_.find(tid);
    if (thread != threads_.end()) WriteRunningThread(thread->second, waited, tick_nanos, builder);
  }
  for (const ThreadSum& thread : ended_) WriteRunningThread(thread, 0, tick_nanos, builder);
}

void CpuWindow::WriteRunningThread(const ThreadSum& thread, uint64_t waited_to_run,
                                   uint64_t tick_nanos, SnapshotBuilder& builder) {
  const uint64_t used = thread.cpu_end > thread.cpu_begin ? thread.cpu_end - thread.cpu_begin : 0;
  const auto total = static_cast<double>(used + waited_to_run);
  const auto ticks_of = [&](double nanos) {
    return static_cast<int64_t>(std::llround(nanos / static_cast<double>(tick_nanos)));
  };
  if (total == 0) return;
  if (thread.weight == 0) {
    builder.AddNamed("[running, not sampled]", {ticks_of(total), std::llround(total)});
    return;
  }
  for (const auto& [key, weight] : thread.stacks) {
    const double nanos = total * static_cast<double>(weight) / static_cast<double>(thread.weight);
    std::vector<Label> labels = model::LabelsOf(key.label_set);
    labels.push_back({"state", "running", 0, {}});
    builder.Add({key.pcs.data(), key.pcs.size(), true, key.truncated},
                {ticks_of(nanos), std::llround(nanos)}, labels);
  }
}

}  // namespace pprof::profiles
