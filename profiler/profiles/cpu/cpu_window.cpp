#include "profiler/profiles/cpu/cpu_window.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <tuple>
#include <utility>

#include "profiler/labels/label_table.h"
#include "profiler/profiles/stack_view.h"

namespace pprof::profiles {
namespace {

struct UnsampledText {
  const char* frame;
  const char* comment;
};
constexpr UnsampledText kUnsampledTexts[kUnsampledKinds] = {
    {"not sampled",
     "no tick of a timer found these threads running, for example because they ended before; a "
     "longer recording has samples of such threads, which stand for all of them"},
    {"profiler", "threads of the profiler itself, which block all signals"},
    {"SIGPROF blocked", "these threads block SIGPROF, so that no timer can sample them"},
    {"io_uring worker", "the kernel's threads for the program's io_uring: they run no code of it"},
    {"kernel worker", "threads of the kernel in this process: they run no code of the program"},
};

template <class ValuesOf>
void WriteRest(const std::array<double, kUnsampledKinds>& rest, const std::string& bracket,
               ValuesOf& values_of, SnapshotBuilder& builder) {
  for (size_t kind = 0; kind < kUnsampledKinds; ++kind) {
    if (std::llround(rest[kind]) == 0) continue;  // rounding leaves less than a nanosecond
    const std::string frame = bracket + kUnsampledTexts[kind].frame + "]";
    builder.AddNamed(frame, values_of(rest[kind]));
    builder.AddComment(frame + ": " + kUnsampledTexts[kind].comment);
  }
}

}  // namespace

bool CpuWindow::StackKey::operator<(const StackKey& other) const {
  return std::tie(label_set, end, pcs) < std::tie(other.label_set, other.end, other.pcs);
}

void CpuWindow::OnSample(const signal_safe::RingSample& sample) {
  ThreadSum& thread = threads_[sample.tid];
  if (sample.weight == 0) {  // the thread ended; its id may be reused
    thread.cpu_end = sample.cpu_nanos;
    if (sample.deaf) {
      thread.unsampled = sample.own ? Unsampled::kProfiler : Unsampled::kSignalBlocked;
    }
    AddThread(thread, sample.own ? &ended_own_ : &ended_);
    threads_.erase(sample.tid);
    ended_clocks_[sample.tid] = sample.cpu_nanos;
    return;
  }
  ++thread.samples;
  StackKey key{{sample.pcs, sample.pcs + sample.depth}, sample.label_set, sample.end};
  ++thread.stacks[std::move(key)];
}

// After reporting its end a thread runs on for a moment, with a clock beyond the reported value; a
// new thread with the same id has a lower clock.
void CpuWindow::OnClock(int32_t tid, uint64_t cpu_nanos, Unsampled unsampled) {
  const auto ended = ended_clocks_.find(tid);
  if (ended != ended_clocks_.end() && cpu_nanos >= ended->second) return;
  ThreadSum& thread = threads_[tid];
  thread.cpu_end = cpu_nanos;
  thread.unsampled = unsampled;
}

void CpuWindow::ForgetEnded(const std::vector<int32_t>& tids) {
  for (auto at = ended_clocks_.begin(); at != ended_clocks_.end();) {
    const bool listed = std::binary_search(tids.begin(), tids.end(), at->first);
    at = listed ? std::next(at) : ended_clocks_.erase(at);
  }
}

double CpuWindow::Sum::NanosOf(const Spent& spent) const {
  if (spent.shared == 0) return spent.nanos;
  return spent.nanos +
         shared_nanos * static_cast<double>(spent.shared) / static_cast<double>(shared_samples);
}

void CpuWindow::Sum::Add(const Sum& part) {
  for (const auto& [key, spent] : part.stacks) {
    stacks[key].nanos += spent.nanos;
    stacks[key].shared += spent.shared;
  }
  shared_samples += part.shared_samples;
  shared_nanos += part.shared_nanos;
  for (size_t kind = 0; kind < kUnsampledKinds; ++kind) unsampled[kind] += part.unsampled[kind];
}

std::array<double, kUnsampledKinds> CpuWindow::Sum::Rest() const {
  std::array<double, kUnsampledKinds> rest = unsampled;
  if (shared_samples == 0) rest[static_cast<size_t>(Unsampled::kNo)] += shared_nanos;
  return rest;
}

void CpuWindow::AddThread(const ThreadSum& thread, Sum* sum) const {
  constexpr uint64_t kMany = 10;  // samples expected: then their number is off by a third or less
  // Without a clock (the thread ended outside pthread's control) the samples are what is known.
  const uint64_t used = thread.cpu_end > thread.cpu_begin ? thread.cpu_end - thread.cpu_begin
                                                          : thread.samples * nanos_a_sample_;
  const auto nanos = static_cast<double>(used + thread.waited_to_run);
  const bool alone = used >= kMany * nanos_a_sample_;
  if (thread.samples == 0 && (alone || thread.unsampled != Unsampled::kNo)) {
    sum->unsampled[static_cast<size_t>(thread.unsampled)] += nanos;
    return;
  }
  for (const auto& [key, samples] : thread.stacks) {
    Spent& spent = sum->stacks[key];
    const double share = static_cast<double>(samples) / static_cast<double>(thread.samples);
    if (alone) {
      spent.nanos += nanos * share;
    } else {
      spent.shared += samples;
    }
  }
  if (alone) return;
  sum->shared_samples += thread.samples;
  sum->shared_nanos += nanos;
}

void CpuWindow::WriteTo(SnapshotBuilder& builder) const {
  Sum sum = ended_;
  sum.Add(ended_own_);
  for (const auto& entry : threads_) AddThread(entry.second, &sum);
  // A rounded number of periods for each, and for all together.
  double told = 0;
  const auto values_of = [&, this](double nanos) {
    const auto before = std::llround(told);
    told += nanos / static_cast<double>(interval_nanos_);
    return std::vector<int64_t>{std::llround(told) - before, std::llround(nanos)};
  };
  for (const auto& [key, spent] : sum.stacks) {
    builder.Add(ViewOf(key.pcs, key.end), values_of(sum.NanosOf(spent)),
                labels::LabelsOf(key.label_set));
  }
  WriteRest(sum.Rest(), "[", values_of, builder);
}

void CpuWindow::WriteRunning(const std::vector<int32_t>& tids, uint64_t tick_nanos,
                             SnapshotBuilder& builder) const {
  Sum sum = ended_;
  for (const int32_t tid : tids) {
    const auto thread = threads_.find(tid);
    if (thread != threads_.end()) AddThread(thread->second, &sum);
  }
  const auto values_of = [&](double nanos) {
    const auto ticks = std::llround(nanos / static_cast<double>(tick_nanos));
    return std::vector<int64_t>{ticks, std::llround(nanos)};
  };
  for (const auto& [key, spent] : sum.stacks) {
    std::vector<Label> labels = labels::LabelsOf(key.label_set);
    labels.push_back({"state", "running", 0, {}});
    builder.Add(ViewOf(key.pcs, key.end), values_of(sum.NanosOf(spent)), labels);
  }
  std::array<double, kUnsampledKinds> rest = sum.Rest();
  rest[static_cast<size_t>(Unsampled::kProfiler)] = 0;
  WriteRest(rest, "[running, ", values_of, builder);
}

}  // namespace pprof::profiles
