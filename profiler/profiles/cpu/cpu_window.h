// One client's view of the stream of CPU samples, from its start to its end.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "pprof/snapshot_builder.h"
#include "profiler/signal_safe/tables/sample_ring.h"

namespace pprof::profiles {

// Memory for the stacks of all windows of a process: 16 MiB, some 40,000 stacks of 40 frames.
// Further ones count as kOverflowFrame. Thread safety: safe.
class StackBudget {
 public:
  bool Take(size_t bytes) {
    if (used_.fetch_add(bytes) + bytes <= kBytes) return true;
    used_.fetch_sub(bytes);
    return false;
  }
  void GiveBack(size_t bytes) { used_.fetch_sub(bytes); }

 private:
  static constexpr size_t kBytes = size_t{16} << 20;
  std::atomic<size_t> used_{0};
};

// At the end each thread's samples are scaled to its CPU clock: late or coarse ticks (the kernel
// checks these timers only CONFIG_HZ times per second) then cost resolution, but no time.
// Thread safety: none; CpuSampler's mutex guards it. Not async-signal-safe: allocates.
class CpuWindow {
 public:
  explicit CpuWindow(uint64_t interval_nanos,
                     std::shared_ptr<StackBudget> budget = std::make_shared<StackBudget>())
      : interval_nanos_(interval_nanos), budget_(std::move(budget)) {}
  ~CpuWindow() { budget_->GiveBack(stack_bytes_); }
  CpuWindow(const CpuWindow&) = delete;
  CpuWindow& operator=(const CpuWindow&) = delete;

  // Adds a thread that existed when the window began, with its CPU clock then.
  void AddThread(int32_t tid, uint64_t cpu_nanos) { threads_[tid].cpu_begin = cpu_nanos; }

  void OnSample(const signal_safe::RingSample& sample);

  // Updates a thread's CPU clock; a thread first seen here started after the window.
  void OnClock(int32_t tid, uint64_t cpu_nanos);

  // Forgets ended threads that are no longer listed: only listed ones can be mistaken for new
  // threads. `tids`: all threads, ascending.
  void ForgetEnded(const std::vector<int32_t>& tids);

  // Adds the samples as samples/count, cpu/nanoseconds. CPU time of threads without a sample gets
  // the frame "[not sampled]".
  void WriteTo(SnapshotBuilder& builder) const;

  // For a wall-clock profile: adds time for which the thread was runnable without a CPU. It is
  // attributed to the stacks the thread ran with.
  void AddWaitedToRun(int32_t tid, uint64_t nanos) { threads_[tid].waited_to_run += nanos; }

  // WriteTo for a wall-clock profile: includes only `tids` and ended threads, and the time they
  // waited to run; with the label state=running; counts are in units of `tick_nanos`.
  void WriteRunning(const std::vector<int32_t>& tids, uint64_t tick_nanos,
                    SnapshotBuilder& builder) const;

 private:
  struct StackKey {
    std::vector<uintptr_t> pcs;  // empty and truncated: all stacks beyond the budget
    uint32_t label_set;
    bool truncated;
    bool operator<(const StackKey& other) const;
  };
  struct ThreadSum {
    uint64_t cpu_begin = 0;
    uint64_t cpu_end = 0;
    uint64_t waited_to_run = 0;
    uint64_t weight = 0;
    std::map<StackKey, uint64_t> stacks;  // weight by stack
  };

  struct Spent {
    uint64_t weight = 0;
    double nanos = 0;
  };
  // Time used by stack: memory does not grow with the number of threads.
  struct Sum {
    std::map<StackKey, Spent> stacks;
    double not_sampled = 0;
  };

  // Distributes `nanos` over the thread's stacks.
  static void AddThread(const ThreadSum& thread, double nanos, Sum* sum);
  static void AddTo(SnapshotBuilder& builder, const StackKey& key,
                    const std::vector<int64_t>& values, const std::vector<Label>& labels);
  static void AddSum(const Sum& part, Sum* sum);
  void AddUsed(const ThreadSum& thread, Sum* sum) const;

  bool TakeFor(const StackKey& key);
  static size_t BytesOf(const StackKey& key);
  void EndThread(const ThreadSum& thread, Sum* sum);

  const uint64_t interval_nanos_;
  const std::shared_ptr<StackBudget> budget_;
  size_t stack_bytes_ = 0;  // taken from the budget
  std::map<int32_t, ThreadSum> threads_;
  Sum ended_;
  Sum ended_own_;  // of profiler threads, which a wall-clock profile leaves out
  std::map<int32_t, uint64_t> ended_clocks_;  // of ended threads that may still be listed
};

}  // namespace pprof::profiles
