#include "profiler/signal_safe/peak_tracker.h"

#include "profiler/sys/yield.h"

namespace pprof::signal_safe {
namespace {

struct Live {
  int64_t count;
  int64_t bytes;
};

// Freed before allocated, so that neither is ever negative.
Live LiveOf(const StackEntry& stack) {
  const uint64_t freed_count = stack.heap.freed_count.load(std::memory_order_acquire);
  const uint64_t freed_bytes = stack.heap.freed_bytes.load(std::memory_order_acquire);
  const uint64_t count = stack.heap.allocated_count.load(std::memory_order_relaxed) - freed_count;
  const uint64_t bytes = stack.heap.allocated_bytes.load(std::memory_order_relaxed) - freed_bytes;
  return {static_cast<int64_t>(count), static_cast<int64_t>(bytes)};
}

}  // namespace

void PeakTracker::OnChange(StackEntry* stack) {
  // Pairs with the exchange in WorkOff: the worker reads the counters after it took the mark away,
  // so a change that finds the mark still set is read by it.
  if (!stack->peak.queued.exchange(true, std::memory_order_acq_rel)) {
    stack->peak.next = queue_.load(std::memory_order_relaxed);
    while (!queue_.compare_exchange_weak(stack->peak.next, stack, std::memory_order_release,
                                         std::memory_order_relaxed)) {
    }
  }
  // Again after unlocking: somebody may have queued between our last look and the unlock.
  while (queue_.load(std::memory_order_seq_cst) != nullptr && TryLock()) Unlock();
}

void PeakTracker::WorkOff() {
  StackEntry* newest = queue_.exchange(nullptr, std::memory_order_acquire);
  StackEntry* oldest = nullptr;
  while (newest != nullptr) {  // turn the list around: events in the order they came
    StackEntry* next = newest->peak.next;
    newest->peak.next = oldest;
    oldest = newest;
    newest = next;
  }
  while (oldest != nullptr) {
    StackEntry* next = oldest->peak.next;
    oldest->peak.queued.exchange(false, std::memory_order_acq_rel);
    Apply(oldest);
    oldest = next;
  }
}

void PeakTracker::Apply(StackEntry* stack) {
  PeakState& state = stack->peak;
  const Live now = LiveOf(*stack);
  if (state.epoch != epoch_) {
    state.saved_count = state.live_count;
    state.saved_bytes = state.live_bytes;
    state.epoch = epoch_;
  }
  live_bytes_ += now.bytes - state.live_bytes;
  state.live_count = now.count;
  state.live_bytes = now.bytes;
  if (live_bytes_ > peak_bytes_) {
    peak_bytes_ = live_bytes_;
    ++epoch_;
  }
}

// Not put off until the child's next event: by then it may have threads, and a stack that one of
// them queues while another begins anew would be in the queue twice, which makes it a circle.
void PeakTracker::OnForkChild() {
  queue_.store(nullptr, std::memory_order_relaxed);
  live_bytes_ = stacks_.overflow()->peak.live_bytes;
  for (StackEntry* stack = stacks_.all(); stack != nullptr; stack = stack->next_of_all) {
    live_bytes_ += stack->peak.live_bytes;
  }
  ApplyIfChanged(stacks_.overflow());
  for (StackEntry* stack = stacks_.all(); stack != nullptr; stack = stack->next_of_all) {
    ApplyIfChanged(stack);
  }
  locked_.store(false, std::memory_order_release);
}

// The mark alone does not tell: it is taken away before the change is applied.
void PeakTracker::ApplyIfChanged(StackEntry* stack) {
  PeakState& state = stack->peak;
  if (state.queued.load(std::memory_order_relaxed)) {
    state.queued.store(false, std::memory_order_relaxed);
  }
  const Live now = LiveOf(*stack);
  if (now.count != state.live_count || now.bytes != state.live_bytes) Apply(stack);
}

void PeakTracker::ReadAtPeak(const StackEntry& stack, int64_t* count, int64_t* bytes) const {
  const bool saved = stack.peak.epoch == epoch_;
  *count = saved ? stack.peak.saved_count : stack.peak.live_count;
  *bytes = saved ? stack.peak.saved_bytes : stack.peak.live_bytes;
}

void PeakTracker::Reset() {
  peak_bytes_ = live_bytes_;
  ++epoch_;
}

void PeakTracker::Lock() {
  while (!TryLock()) sys::Yield();
  WorkOff();
}

void PeakTracker::Unlock() {
  WorkOff();
  locked_.store(false, std::memory_order_seq_cst);
}

}  // namespace pprof::signal_safe
