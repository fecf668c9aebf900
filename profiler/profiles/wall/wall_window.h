// Wall-clock time of all threads by stack, from Begin to End.
//
// Waiting threads are inspected without a signal (blocked_stack.h), and less often the longer they
// wait: while a thread's CPU clock stands still, all time since the last look belongs to the same
// stack. Only the end of a wait is detected late: by at most an eighth of the wait, or one tick.
// Time on a CPU comes from the thread clocks and is distributed over the CPU sampler's stacks; its
// signals reach only running threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "pprof/snapshot_builder.h"
#include "profiler/profiles/cpu/cpu_window.h"
#include "profiler/profiles/threads/blocked_stack.h"

namespace pprof::profiles {

// Thread safety: none: one thread ticks, and writes after the last tick. Not async-signal-safe.
class WallWindow {
 public:
  // Called with the nanoseconds for which a thread was runnable without a CPU.
  using WaitedToRun = std::function<void(int32_t tid, uint64_t nanos)>;
  WallWindow(std::chrono::nanoseconds tick, WaitedToRun on_waited);

  // Inspects the threads that are due. Called once per tick.
  void Tick();
  // Inspects all threads a last time, to account for their time until now.
  void Finish();

  // Values: samples/count (in ticks), time/nanoseconds. Label: state. If `on_cpu` is null, time on
  // CPUs has no stacks.
  void WriteTo(const CpuWindow* on_cpu, SnapshotBuilder& builder) const;

 private:
  // A stack with which a thread waited.
  struct Waiting {
    std::vector<uintptr_t> pcs;
    signal_safe::StackEnd end = signal_safe::StackEnd::kRoot;
    uint32_t label_set = 0;
    std::string state;
    bool operator<(const Waiting& other) const;
  };
  using WaitingTime = std::map<Waiting, uint64_t>::value_type;
  struct Thread {
    uint64_t seen_nanos = 0;         // time of the last look
    uint64_t cpu_nanos = 0;          // its CPU clock then
    uint64_t run_delay = 0;          // its total time runnable without a CPU then
    uint64_t ran = 0;                // time it ran or was runnable, since Begin
    WaitingTime* waiting = nullptr;  // since the last look; null: ran
    uint32_t next_tick = 0;
    uint32_t waits_since = 0;  // tick of the first look that found it in the current wait
    bool ours = false;         // a profiler thread: not inspected
    bool gone = false;
  };

  void ListThreads(uint64_t now);
  void ListThreadsIfChanged(uint64_t now);
  void DropGone();
  void Look(int32_t tid, Thread& thread, uint64_t now);
  void LookAtStack(int32_t tid, Thread& thread, uint64_t off_cpu);
  void NoteWaitedToRun(int32_t tid, Thread& thread, uint64_t nanos);
  uint64_t TakeRunDelay(int32_t tid, Thread& thread, uint64_t at_most);
  WaitingTime* NoteWaiting(int32_t tid, BlockedStack* stack);
  WaitingTime* NoteWaitingUnseen(int32_t tid);

  const std::chrono::nanoseconds tick_;
  const WaitedToRun on_waited_;
  uint32_t ticks_ = 0;
  bool any_gone_ = false;
  // Times for detecting new threads, on the monotonic clock.
  uint64_t next_count_ = 0, next_list_ = 0, rest_until_ = 0;
  BlockedStackReader reader_;
  std::map<int32_t, Thread> threads_;
  std::map<Waiting, uint64_t> waited_;  // nanoseconds by stack
  uint64_t ran_and_gone_ = 0;           // time on or waiting for a CPU, of threads that ended
};

}  // namespace pprof::profiles
