// Where all threads spend wall clock time, from Begin to End.
//
// Waiting threads are looked at without a signal (blocked_stack.h), and the less often the longer
// they wait: as long as a thread's CPU clock stands still, all time since the last look belongs to
// the same stack. Only what follows the wait is seen late: by an eighth of the wait at most. Time
// on a CPU comes from the thread clocks and is shared out by the CPU sampler's stacks; its signals
// reach running threads only.
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

// Thread safety: none: one thread ticks, and writes when the ticking is over. Not signal-safe.
class WallWindow {
 public:
  // `on_waited` is told of what a thread was ready to run without a CPU, in nanoseconds.
  using WaitedToRun = std::function<void(int32_t tid, uint64_t nanos)>;
  WallWindow(std::chrono::nanoseconds tick, WaitedToRun on_waited);

  // Looks at the threads that are due. Called once a tick.
  void Tick();
  // Looks at all threads once more: their time until now is accounted for.
  void Finish();

  // Values: samples/count (in ticks), time/nanoseconds. Label: state. `on_cpu` may be null: then
  // the time on CPUs has no stacks.
  void WriteTo(const CpuWindow* on_cpu, SnapshotBuilder& builder) const;

 private:
  // A stack that a thread waited with.
  struct Waiting {
    std::vector<uintptr_t> pcs;
    bool truncated = false;
    uint32_t label_set = 0;
    std::string state;
    bool operator<(const Waiting& other) const;
  };
  using WaitingTime = std::map<Waiting, uint64_t>::value_type;
  struct Thread {
    uint64_t seen_nanos = 0;         // of the last look
    uint64_t cpu_nanos = 0;          // its CPU clock then
    uint64_t run_delay = 0;          // how long it had been ready to run without a CPU then
    uint64_t ran = 0;                // and waited to run, since Begin
    WaitingTime* waiting = nullptr;  // since the last look; null: ran
    uint32_t next_tick = 0;
    uint32_t waits_since = 0;  // the tick of the first look that found it waiting as it does
    bool ours = false;         // a thread of the profiler: not looked at
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
  // When new threads are looked for, on the monotonic clock.
  uint64_t next_count_ = 0, next_list_ = 0, rest_until_ = 0;
  BlockedStackReader reader_;
  std::map<int32_t, Thread> threads_;
  std::map<Waiting, uint64_t> waited_;  // nanoseconds by stack
  uint64_t ran_and_gone_ = 0;           // of threads that ended, with the time they waited to run
};

}  // namespace pprof::profiles
