#include "profiler/profiles/cpu/cpu_window.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <tuple>
#include <utility>

#include "profiler/labels/label_table.h"
#include "profiler/profiles/stack_view.h"

namespace pprof::profiles {

bool CpuWindow::StackKey::operator<(const StackKey& other) const {
  return std::tie(label_set, truncated, pcs) <
         std::tie(other.label_set, other.truncated, other.pcs);
}

void CpuWindow::OnSample(const signal_safe::RingSample& sample) {
  ThreadSum& thread = threads_[sample.tid];
  if (sample.weight == 0) {  // the thread ended; its id may be reused
    thread.cpu_end = sample.cpu_nanos;
    EndThread(thread, sample.own ? &ended_own_ : &ended_);
    threads_.erase(sample.tid);
    ended_clocks_[sample.tid] = sample.cpu_nanos;
    return;
  }
  thread.weight += sample.weight;
  StackKey key{{sample.pcs, sample.pcs + sample.depth}, sample.label_set, sample.truncated};
  auto known = thread.stacks.find(key);
  if (known == thread.stacks.end()) {
    if (!TakeFor(key)) key = {{}, 0, true};
    known = thread.stacks.emplace(std::move(key), 0).first;
  }
  known->second += sample.weight;
}

// With the node of the map.
size_t CpuWindow::BytesOf(const StackKey& key) {
  constexpr size_t kNode = 32;
  return sizeof(StackKey) + sizeof(Spent) + kNode + key.pcs.size() * sizeof key.pcs[0];
}

bool CpuWindow::TakeFor(const StackKey& key) {
  if (!budget_->Take(BytesOf(key))) return false;
  stack_bytes_ += BytesOf(key);
  return true;
}

// Ended threads mostly have the stacks of others, so the sum is no larger than its parts.
void CpuWindow::EndThread(const ThreadSum& thread, Sum* sum) {
  const size_t before = sum->stacks.size();
  AddUsed(thread, sum);
  size_t kept = sum->stacks.size() - before;
  for (const auto& [key, weight] : thread.stacks) {
    if (kept > 0) {
      --kept;
      continue;
    }
    if (key.pcs.empty()) continue;
    budget_->GiveBack(BytesOf(key));
    stack_bytes_ -= BytesOf(key);
  }
}

// After reporting its end a thread runs on for a moment, with a clock beyond the reported value; a
// new thread with the same id has a lower clock.
void CpuWindow::OnClock(int32_t tid, uint64_t cpu_nanos) {
  const auto ended = ended_clocks_.find(tid);
  if (ended != ended_clocks_.end() && cpu_nanos >= ended->second) return;
  threads_[tid].cpu_end = cpu_nanos;
}

void CpuWindow::ForgetEnded(const std::vector<int32_t>& tids) {
  for (auto at = ended_clocks_.begin(); at != ended_clocks_.end();) {
    const bool listed = std::binary_search(tids.begin(), tids.end(), at->first);
    at = listed ? std::next(at) : ended_clocks_.erase(at);
  }
}

void CpuWindow::AddThread(const ThreadSum& thread, double nanos, Sum* sum) {
  if (thread.weight == 0) {
    sum->not_sampled += nanos;
    return;
  }
  for (const auto& [key, weight] : thread.stacks) {
    Spent& spent = sum->stacks[key];
    spent.weight += weight;
    spent.nanos += nanos * static_cast<double>(weight) / static_cast<double>(thread.weight);
  }
}

void CpuWindow::AddSum(const Sum& part, Sum* sum) {
  for (const auto& [key, spent] : part.stacks) {
    Spent& total = sum->stacks[key];
    total.weight += spent.weight;
    total.nanos += spent.nanos;
  }
  sum->not_sampled += part.not_sampled;
}

void CpuWindow::AddUsed(const ThreadSum& thread, Sum* sum) const {
  // Without a clock (the thread ended outside pthread's control) the raw tick count is used.
  const uint64_t used = thread.cpu_end > thread.cpu_begin ? thread.cpu_end - thread.cpu_begin
                                                          : thread.weight * interval_nanos_;
  AddThread(thread, static_cast<double>(used + thread.waited_to_run), sum);
}

void CpuWindow::AddTo(SnapshotBuilder& builder, const StackKey& key,
                      const std::vector<int64_t>& values, const std::vector<Label>& labels) {
  if (key.pcs.empty() && key.truncated) return builder.AddNamed(kOverflowFrame, values);
  builder.Add({key.pcs.data(), key.pcs.size(), true, key.truncated}, values, labels);
}

void CpuWindow::WriteTo(SnapshotBuilder& builder) const {
  Sum sum = ended_;
  AddSum(ended_own_, &sum);
  for (const auto& entry : threads_) AddUsed(entry.second, &sum);
  for (const auto& [key, spent] : sum.stacks) {
    AddTo(builder, key, {static_cast<int64_t>(spent.weight), std::llround(spent.nanos)},
          labels::LabelsOf(key.label_set));
  }
  if (sum.not_sampled > 0) builder.AddNamed("[not sampled]", {0, std::llround(sum.not_sampled)});
}

void CpuWindow::WriteRunning(const std::vector<int32_t>& tids, uint64_t tick_nanos,
                             SnapshotBuilder& builder) const {
  Sum sum = ended_;
  for (const int32_t tid : tids) {
    const auto thread = threads_.find(tid);
    if (thread != threads_.end()) AddUsed(thread->second, &sum);
  }
  const auto values_of = [&](double nanos) {
    const auto ticks = std::llround(nanos / static_cast<double>(tick_nanos));
    return std::vector<int64_t>{ticks, std::llround(nanos)};
  };
  for (const auto& [key, spent] : sum.stacks) {
    std::vector<Label> labels = labels::LabelsOf(key.label_set);
    labels.push_back({"state", "running", 0, {}});
    AddTo(builder, key, values_of(spent.nanos), labels);
  }
  if (sum.not_sampled > 0) {
    builder.AddNamed("[running, not sampled]", values_of(sum.not_sampled));
  }
}

}  // namespace pprof::profiles
