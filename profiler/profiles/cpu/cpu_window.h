// One client's view of the stream of CPU samples, from its start to its end.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "pprof/snapshot_builder.h"
#include "profiler/signal_safe/hooks/tick_plan.h"
#include "profiler/signal_safe/tables/sample_ring.h"

namespace pprof::profiles {

// Why no timer can sample a thread.
enum class Unsampled : uint8_t {
  kNo,
  kProfiler,       // one of the profiler's own, which blocks SIGPROF
  kSignalBlocked,  // it blocks SIGPROF
  kIoUring,        // a worker of the kernel: it never runs the program's code
  kKernelWorker,
};
constexpr size_t kUnsampledKinds = 5;

// Samples are a fair choice of moments (tick_plan.h), and the threads' CPU clocks are exact. So the
// samples of each thread that used much are scaled to its own clock. Those of all other threads
// together are scaled to the sum of their clocks: a thread of a millisecond has a sample in one of
// ten cases, which then stands for the nine others, too. What a thread used decides, not whether it
// was sampled, which would favor those that were not.
// Thread safety: none; CpuSampler's mutex guards it. Not async-signal-safe: allocates.
class CpuWindow {
 public:
  // `interval_nanos`: the period of the profile; `tick_nanos`: the kernel's tick, which bounds the
  // rate of samples.
  CpuWindow(uint64_t interval_nanos, uint64_t tick_nanos)
      : interval_nanos_(interval_nanos),
        nanos_a_sample_(std::max(signal_safe::SampleNanos(interval_nanos), tick_nanos)) {}

  // Adds a thread that existed when the window began, with its CPU clock then.
  void AddThread(int32_t tid, uint64_t cpu_nanos) { threads_[tid].cpu_begin = cpu_nanos; }

  void OnSample(const signal_safe::RingSample& sample);

  // Updates a thread's CPU clock; a thread first seen here started after the window.
  void OnClock(int32_t tid, uint64_t cpu_nanos, Unsampled unsampled = Unsampled::kNo);

  // Forgets ended threads that are no longer listed: only listed ones can be mistaken for new
  // threads. `tids`: all threads, ascending.
  void ForgetEnded(const std::vector<int32_t>& tids);

  // Adds the samples as samples/count (in units of the period), cpu/nanoseconds. CPU time that no
  // sample stands for has a frame that says why, and a comment.
  void WriteTo(SnapshotBuilder& builder) const;

  // For a wall-clock profile: adds time for which the thread was runnable without a CPU. It is
  // attributed to the stacks the thread ran with.
  void AddWaitedToRun(int32_t tid, uint64_t nanos) { threads_[tid].waited_to_run += nanos; }

  // WriteTo for a wall-clock profile: includes only `tids` and ended threads that were not the
  // profiler's, and the time they waited to run; with the label state=running; counts are in units
  // of `tick_nanos`.
  void WriteRunning(const std::vector<int32_t>& tids, uint64_t tick_nanos,
                    SnapshotBuilder& builder) const;

 private:
  struct StackKey {
    std::vector<uintptr_t> pcs;
    uint32_t label_set;
    signal_safe::StackEnd end;
    bool operator<(const StackKey& other) const;
  };
  struct ThreadSum {
    uint64_t cpu_begin = 0;
    uint64_t cpu_end = 0;
    uint64_t waited_to_run = 0;
    uint64_t samples = 0;
    Unsampled unsampled = Unsampled::kNo;
    std::map<StackKey, uint64_t> stacks;  // samples by stack
  };

  struct Spent {
    double nanos = 0;     // of threads scaled to their own clocks
    uint64_t shared = 0;  // samples of the others
  };
  // Time used by stack: memory does not grow with the number of threads.
  struct Sum {
    std::map<StackKey, Spent> stacks;
    uint64_t shared_samples = 0;
    double shared_nanos = 0;  // used by threads that used little, with samples or without
    // Used by threads without a sample, by Unsampled; kNo: that used much.
    std::array<double, kUnsampledKinds> unsampled{};

    double NanosOf(const Spent& spent) const;
    void Add(const Sum& part);
    // The time that no sample stands for, by Unsampled.
    std::array<double, kUnsampledKinds> Rest() const;
  };

  void AddThread(const ThreadSum& thread, Sum* sum) const;

  const uint64_t interval_nanos_;
  const uint64_t nanos_a_sample_;
  std::map<int32_t, ThreadSum> threads_;
  Sum ended_;
  Sum ended_own_;  // of profiler threads, which a wall-clock profile leaves out
  std::map<int32_t, uint64_t> ended_clocks_;  // of ended threads that may still be listed
};

}  // namespace pprof::profiles
