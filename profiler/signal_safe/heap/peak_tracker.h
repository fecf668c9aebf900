// The stacks at the high-water mark of memory in use: exact, O(1) per sample event, no copying.
//
// Each stack keeps its current level (`live`) and, in `saved`, its level at the mark of `epoch`.
// Before a stack changes, its live values become the saved ones if those are of an older mark; a
// new mark only increments the epoch. Readers use the saved values of the current mark, and live
// values elsewhere.
//
// Events must be applied one at a time, but malloc must not wait. So a writer queues the changed
// stack (each at most once), and the thread that gets the try-lock drains the queue. Live values
// are read from the stack's counters, so nothing can drift. Changes queued behind a preempted lock
// owner are applied as one later.
//
// Writers: any thread, inside malloc and free, never waiting. Reader: the server's thread, which
// waits for the lock.
#pragma once

#include <atomic>
#include <cstdint>

#include "profiler/signal_safe/heap/heap_stack.h"

namespace pprof::signal_safe {

// Thread safety: safe. Not async-signal-safe, except where a member says so.
class PeakTracker {
 public:
  // REQUIRES: static storage (zero-initialized). `stacks`: the table that OnChange's stacks are in.
  constexpr explicit PeakTracker(HeapStackTable& stacks) : stacks_(stacks) {}

  // Called after the counters of `stack` changed. Never waits. Async-signal-safe.
  void OnChange(HeapStack* stack);

  // The stack's level at the mark. REQUIRES: called between Lock() and Unlock().
  HeapLevel LevelAtPeak(const HeapStack& stack) const;

  // Sets the mark to the current level. REQUIRES: called between Lock() and Unlock().
  void Reset();

  // For the server's thread: yields while a writer drains the queue (microseconds).
  void Lock();
  void Unlock();

  // In the child of a fork, while it has one thread: repairs the lock and the queue, which a thread
  // of the parent may have left in any state. Walks all stacks, 20 us for 2,000, and writes only
  // what needs repair, so that few pages are copied. Async-signal-safe.
  void OnForkChild();

  int64_t peak_bytes() const { return peak_bytes_; }

 private:
  bool TryLock() { return !locked_.exchange(true, std::memory_order_acquire); }
  void WorkOff();
  void Apply(HeapStack* stack);
  void ApplyIfChanged(HeapStack* stack);

  HeapStackTable& stacks_;
  std::atomic<HeapStack*> queue_{nullptr};
  std::atomic<bool> locked_{false};
  // Guarded by the lock.
  uint64_t epoch_ = 0;
  int64_t live_bytes_ = 0;
  int64_t peak_bytes_ = 0;
};

}  // namespace pprof::signal_safe
