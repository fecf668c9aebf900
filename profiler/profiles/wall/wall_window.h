// Wall-clock time of all threads by stack, from Begin to End.
//
// Waiting threads are inspected without a signal (blocked_stack.h), and less often the longer they
// wait: while a thread's CPU clock stands still, all time since the last look belongs to the same
// stack. Only the end of a wait is detected late: by at most an eighth of the wait, or one tick.
// Time on a CPU comes from the thread clocks and is distributed over the CPU sampler's stacks; its
// signals reach only running threads.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "pprof/snapshot_builder.h"
#include "profiler/profiles/cpu/cpu_window.h"
#include "profiler/profiles/wall/list_schedule.h"
#include "profiler/profiles/wall/live_threads.h"
#include "profiler/profiles/wall/wall_times.h"

namespace pprof::profiles {

// `Threads`: LiveThreads; tests supply scripted ones.
// Thread safety: none: one thread ticks, and writes after the last tick. Not async-signal-safe.
template <class Threads>
class WallWindowOf {
 public:
  // Called with the nanoseconds for which a thread was runnable without a CPU.
  using WaitedToRun = std::function<void(int32_t tid, uint64_t nanos)>;
  WallWindowOf(std::chrono::nanoseconds tick, WaitedToRun on_waited, Threads system = Threads())
      : tick_(tick), on_waited_(std::move(on_waited)), system_(std::move(system)) {
    ListThreads(system_.Now());
  }

  // Inspects the threads that are due. Called once per tick.
  void Tick();
  // Inspects all threads a last time, to account for their time until now.
  void Finish();

  // Values: samples/count (in ticks), time/nanoseconds. Label: state. If `on_cpu` is null, time on
  // CPUs has no stacks.
  void WriteTo(const CpuWindow* on_cpu, SnapshotBuilder& builder) const;

 private:
  struct Thread {
    uint64_t seen_nanos = 0;              // time of the last look
    uint64_t cpu_nanos = 0;               // its CPU clock then
    uint64_t run_delay = 0;               // its total time runnable without a CPU then
    uint64_t ran = 0;                     // time it ran or was runnable, since Begin
    WallTimes::Entry* waiting = nullptr;  // since the last look; null: ran
    uint32_t next_tick = 0;
    uint32_t waits_since = 0;  // tick of the first look that found it in the current wait
    bool ours = false;         // a profiler thread: not inspected
    bool gone = false;
  };

  // Ticks to the next look at a thread that has waited for so long. A thread that goes round
  // through several waits must be seen in each, so the next look may not come much later than the
  // wait is long.
  static uint32_t PatienceAfter(uint32_t waited_ticks) {
    constexpr uint32_t kLongestPatience = 16;
    return std::clamp(waited_ticks / 8, uint32_t{1}, kLongestPatience);
  }
  // The advance of a thread's clock. One that went back is that of a later thread of the number.
  static uint64_t Advance(uint64_t before, uint64_t now) {
    return now >= before ? now - before : now;
  }

  void ListThreads(uint64_t now);
  void DropGone();
  void Look(int32_t tid, Thread& thread, uint64_t now);
  void LookAtStack(int32_t tid, Thread& thread, uint64_t off_cpu);
  void NoteWaitedToRun(int32_t tid, Thread& thread, uint64_t nanos);
  uint64_t TakeRunDelay(int32_t tid, Thread& thread, uint64_t at_most);

  const std::chrono::nanoseconds tick_;
  const WaitedToRun on_waited_;
  Threads system_;
  uint32_t ticks_ = 0;
  bool any_gone_ = false;
  ListSchedule lists_;
  std::map<int32_t, Thread> threads_;
  WallTimes waited_;
  uint64_t ran_and_gone_ = 0;  // time on or waiting for a CPU, of threads that ended
};

using WallWindow = WallWindowOf<LiveThreads>;

template <class Threads>
void WallWindowOf<Threads>::Tick() {
  const typename Threads::Folder folder;
  const uint64_t now = system_.Now();
  ++ticks_;
  if (lists_.TakeCount(now) && lists_.IsDue(now, system_.Count() != threads_.size())) {
    ListThreads(now);
  }
  for (auto& [tid, thread] : threads_) {
    if (!thread.ours && thread.next_tick <= ticks_) Look(tid, thread, system_.Now());
  }
  if (any_gone_) DropGone();
}

template <class Threads>
void WallWindowOf<Threads>::Finish() {
  for (auto& [tid, thread] : threads_) {
    if (!thread.ours) Look(tid, thread, system_.Now());
  }
  DropGone();
}

// A later thread with the same id is a new one; ended threads are dropped, so memory stays bounded.
template <class Threads>
void WallWindowOf<Threads>::DropGone() {
  any_gone_ = false;
  for (auto at = threads_.begin(); at != threads_.end();) {
    const Thread& thread = at->second;
    if (thread.gone) ran_and_gone_ += thread.ran;
    at = thread.gone ? threads_.erase(at) : std::next(at);
  }
}

// New threads count from the time they are found; their first moments are missed.
template <class Threads>
void WallWindowOf<Threads>::ListThreads(uint64_t now) {
  const std::vector<int32_t> tids = system_.List();
  std::unordered_set<int32_t> own;  // filled after the list, so that it has them all
  const bool all_own = system_.Own(&own);
  for (const int32_t tid : tids) {
    if (!all_own && own.count(tid) == 0 && threads_.count(tid) == 0) continue;  // whose is it?
    const auto [at, is_new] = threads_.emplace(tid, Thread{});
    if (!is_new) continue;
    if (!system_.CpuNanos(tid, &at->second.cpu_nanos)) {
      threads_.erase(at);
      continue;
    }
    at->second.ours = own.count(tid) != 0;
    system_.RunDelayNanos(tid, &at->second.run_delay);
    at->second.seen_nanos = now;
  }
  // The end of other threads shows at their next look.
  for (auto& [tid, thread] : threads_) {
    const bool listed = std::binary_search(tids.begin(), tids.end(), tid);
    if (thread.ours && !listed) thread.gone = any_gone_ = true;
  }
  lists_.Listed(now, system_.Now());
}

template <class Threads>
void WallWindowOf<Threads>::Look(int32_t tid, Thread& thread, uint64_t now) {
  uint64_t cpu = 0;
  if (!system_.CpuNanos(tid, &cpu)) {
    thread.gone = any_gone_ = true;
    return;
  }
  const uint64_t elapsed = now - thread.seen_nanos;
  const uint64_t ran = std::min(Advance(thread.cpu_nanos, cpu), elapsed);
  const bool stood_still = cpu == thread.cpu_nanos && thread.waiting != nullptr;
  thread.seen_nanos = now;
  thread.cpu_nanos = cpu;
  thread.ran += ran;
  if (stood_still) {
    thread.waiting->second += elapsed;
  } else {
    thread.waits_since = ticks_;
    LookAtStack(tid, thread, elapsed - ran);
  }
  thread.next_tick = ticks_ + PatienceAfter(ticks_ - thread.waits_since);
}

// Moves the time for which the thread was runnable without a CPU since the last look to its running
// time. On a saturated machine that is most of a busy thread's time; its stacks are those it ran
// with.
template <class Threads>
uint64_t WallWindowOf<Threads>::TakeRunDelay(int32_t tid, Thread& thread, uint64_t at_most) {
  uint64_t delay = thread.run_delay;
  if (!system_.RunDelayNanos(tid, &delay)) return 0;
  const uint64_t since = std::min(Advance(thread.run_delay, delay), at_most);
  thread.run_delay = delay;
  NoteWaitedToRun(tid, thread, since);
  return since;
}

template <class Threads>
void WallWindowOf<Threads>::NoteWaitedToRun(int32_t tid, Thread& thread, uint64_t nanos) {
  thread.ran += nanos;
  if (nanos != 0) on_waited_(tid, nanos);
}

// The thread ran since the last look. Its waiting time is divided: it waited with the old stack for
// a while, ran, and has waited with the new one since some moment.
template <class Threads>
void WallWindowOf<Threads>::LookAtStack(int32_t tid, Thread& thread, uint64_t off_cpu) {
  off_cpu -= TakeRunDelay(tid, thread, off_cpu);
  auto* const before = std::exchange(thread.waiting, nullptr);
  BlockedStack stack;
  const BlockedRead read = system_.ReadStack(tid, &stack);
  if (read == BlockedRead::kOk) thread.waiting = waited_.Of(system_.LabelsOf(tid), &stack);
  if (read == BlockedRead::kNoStack) {
    if (!system_.IsKernelWorker(tid)) return;  // it has ended
    thread.waiting = waited_.OfKernelWorkers();
  }
  // Not dumpable, or sandboxed: that the thread waits is known, but not where.
  const bool unseen = read == BlockedRead::kRefused && system_.Waits(tid);
  if (unseen) thread.waiting = waited_.OfUnseen(system_.LabelsOf(tid));
  if (before == nullptr && thread.waiting == nullptr) {
    NoteWaitedToRun(tid, thread, off_cpu);  // it waited between two looks, the reason is unknown
    return;
  }
  const uint64_t with_new = thread.waiting == nullptr ? 0
                            : before == nullptr       ? off_cpu
                                                      : off_cpu / 2;
  if (thread.waiting != nullptr) thread.waiting->second += with_new;
  if (before != nullptr) before->second += off_cpu - with_new;
}

template <class Threads>
void WallWindowOf<Threads>::WriteTo(const CpuWindow* on_cpu, SnapshotBuilder& builder) const {
  waited_.WriteTo(tick_, builder);
  std::vector<int32_t> tids;
  uint64_t running = ran_and_gone_;
  for (const auto& [tid, thread] : threads_) {
    if (!thread.ours) tids.push_back(tid);
    running += thread.ran;
  }
  const auto tick = static_cast<uint64_t>(tick_.count());
  if (on_cpu != nullptr) {
    on_cpu->WriteRunning(tids, tick, builder);
  } else if (running != 0) {
    const auto ticks = std::llround(static_cast<double>(running) / static_cast<double>(tick));
    builder.AddNamed("[running]", {ticks, static_cast<int64_t>(running)});
  }
}

}  // namespace pprof::profiles
