// The stacks at the high-water mark of memory in use: exact, O(1) a sample event, without copying.
//
// Each stack keeps its level now (`live`) and, in `saved`, its level when the mark of `epoch` was
// set. Before a stack changes, if its saved values are of an older mark, its live
// values become the saved ones; a new mark is only ++epoch. Reading takes saved values where they
// are of the current mark and live values elsewhere.
//
// The events must come one after the other, but malloc may not wait. So a writer queues the stack
// that changed (each at most once) and whoever gets the try-lock works the queue off; live values
// are read from the stack's counters, so that nothing can drift. Changes queued behind a lock owner
// that lost its CPU are seen as one later.
//
// Writers: any thread, inside malloc and free, never waiting. Reader: the server's thread, which
// waits for the lock.
#pragma once

#include <atomic>
#include <cstdint>

#include "profiler/signal_safe/heap/heap_stack.h"

namespace pprof::signal_safe {

class PeakTracker {
 public:
  // REQUIRES: static storage (zero-initialized); `stacks` is the table whose changes are told.
  constexpr explicit PeakTracker(HeapStackTable& stacks) : stacks_(stacks) {}

  // The counters of `stack` changed. Signal-safe, never waits.
  void OnChange(HeapStack* stack);

  // What one stack had in use at the mark. Call between Lock() and Unlock().
  HeapLevel LevelAtPeak(const HeapStack& stack) const;

  // From now on the mark is the level of now. Call between Lock() and Unlock().
  void Reset();

  // The server's thread only: waits, yielding, while a writer works the queue off (microseconds).
  // Not signal-safe.
  void Lock();
  void Unlock();

  // In the child of a fork, while it has one thread: the lock and the queue's links may be as a
  // thread left them that only the parent has. Walks all stacks, 20 us for 2,000, and writes only
  // where something is to be put right, so that few pages are copied. Signal-safe.
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
  // Owned by the lock.
  uint64_t epoch_ = 0;
  int64_t live_bytes_ = 0;
  int64_t peak_bytes_ = 0;
};

}  // namespace pprof::signal_safe
