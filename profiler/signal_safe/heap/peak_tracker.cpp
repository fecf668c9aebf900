#include "profiler/signal_safe/heap/peak_tracker.h"

#include "profiler/sys/thread/this_thread.h"

namespace pprof::signal_safe {
void PeakTracker::OnChange(HeapStack* stack) {
  // Pairs with the exchange in WorkOff, which clears the flag before it reads the counters: a
  // change that finds the flag set is included.
  if (!stack->peak.queued.exchange(true, std::memory_order_acq_rel)) {
    stack->peak.next = queue_.load(std::memory_order_relaxed);
    while (!queue_.compare_exchange_weak(stack->peak.next, stack, std::memory_order_release,
                                         std::memory_order_relaxed)) {
    }
  }
  // Again after the unlock: another thread may have queued a stack after the last look at the
  // queue.
  while (queue_.load(std::memory_order_seq_cst) != nullptr && TryLock()) Unlock();
}

void PeakTracker::WorkOff() {
  HeapStack* newest = queue_.exchange(nullptr, std::memory_order_acquire);
  HeapStack* oldest = nullptr;
  while (newest != nullptr) {  // reverses the list: oldest event first
    HeapStack* next = newest->peak.next;
    newest->peak.next = oldest;
    oldest = newest;
    newest = next;
  }
  while (oldest != nullptr) {
    HeapStack* next = oldest->peak.next;
    oldest->peak.queued.exchange(false, std::memory_order_acq_rel);
    Apply(oldest);
    oldest = next;
  }
}

void PeakTracker::Apply(HeapStack* stack) {
  PeakState& state = stack->peak;
  const HeapLevel now = stack->Live();
  if (state.epoch != epoch_) {
    state.saved = state.live;
    state.epoch = epoch_;
  }
  live_bytes_ += now.bytes - state.live.bytes;
  state.live = now;
  if (live_bytes_ > peak_bytes_) {
    peak_bytes_ = live_bytes_;
    ++epoch_;
  }
}

// Not deferred to the child's next event: by then the child may have threads, and a stack that one
// of them queues while another resets the queue would be in it twice, forming a cycle.
void PeakTracker::OnForkChild() {
  queue_.store(nullptr, std::memory_order_relaxed);
  live_bytes_ = 0;
  stacks_.ForEach([this](const HeapStack& stack) { live_bytes_ += stack.peak.live.bytes; });
  stacks_.ForEach([this](HeapStack& stack) { ApplyIfChanged(&stack); });
  locked_.store(false, std::memory_order_release);
}

// The flag alone does not tell: it is cleared before the change is applied.
void PeakTracker::ApplyIfChanged(HeapStack* stack) {
  PeakState& state = stack->peak;
  if (state.queued.load(std::memory_order_relaxed)) {
    state.queued.store(false, std::memory_order_relaxed);
  }
  const HeapLevel now = stack->Live();
  if (now.count != state.live.count || now.bytes != state.live.bytes) Apply(stack);
}

HeapLevel PeakTracker::LevelAtPeak(const HeapStack& stack) const {
  return stack.peak.epoch == epoch_ ? stack.peak.saved : stack.peak.live;
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
