// Maps a contended lock to the integral of (number of waiters x time) since its last charge: its
// waiters' delay, which is charged to the holder at its unlock.
//
// Writers: any thread, at the start and end of a wait and at an unlock that finds waiters; they
// never block. Reader on the fast path: every unlock (MayBePending).
//
// The integral is linear in time, so one 64-bit word holds it. With W waiters now,
//   integral(t) = A + W * t,   A = sum of wait end times - sum of wait start times,
// in ticks of sys/time/tick_clock.h modulo 2^52 (52 days of nanoseconds), W in the upper 12 bits.
// The start of a wait adds (1, -t), its end (-1, +t); a charge takes integral(t) and leaves (W, -W
// * t). Word 0: nothing to charge.
//
// A key holds the lock's address and, above it, the number of its waits that no charge has counted
// yet: each wait is counted once, in the first charge after it began.
//
// Invariants:
//  1. A slot's key changes only while its word is kStealing, which only one thread can set and only
//     on a word without waiters.
//  2. A thread that has added itself as a waiter and then still finds its key in the slot keeps
//  that
//     key in the slot until it removes itself.
//  3. A bucket's words are all 0 when none of its locks has anything to charge.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace pprof::signal_safe {

// Thread safety: safe. Async-signal-safe.
class WaiterTable {
 public:
  struct Slot {
    std::atomic<uint64_t>* word = nullptr;  // nullptr: this wait is not tracked
    std::atomic<uint64_t>* key = nullptr;
  };

  // False: no known waiter. Relaxed: a waiter that is just arriving is charged at the next unlock.
  __attribute__((always_inline)) bool MayBePending(const void* lock) const {
    const auto& words = buckets_[BucketOf(lock)].words;
    constexpr auto kRelaxed = std::memory_order_relaxed;
    static_assert(kSlots == 4, "written out: compilers make a loop of it");
    const uint64_t any = words[0].load(kRelaxed) | words[1].load(kRelaxed) |
                         words[2].load(kRelaxed) | words[3].load(kRelaxed);
    return __builtin_expect(any != 0, 0);
  }

  // Starts a wait of the calling thread for `lock`. Returns an empty slot when the bucket holds
  // four other locks with waiters, or this lock has 4,094.
  Slot BeginWait(const void* lock, uint64_t now);

  // Ends the wait. REQUIRES: called once for each BeginWait; the slot may be empty.
  void EndWait(Slot slot, uint64_t now);

  // Ends a wait that was none: the call failed at once. It is not counted.
  void CancelWait(Slot slot, uint64_t now);

  // Takes the waiters' delay since the last charge, in ticks, and adds the waits that began since
  // then to `waits`.
  uint64_t TakeCharge(const void* lock, uint64_t now, uint64_t* waits = nullptr);

  // Returns a charge after a failed unlock.
  void GiveBack(const void* lock, uint64_t ticks, uint64_t waits);

  // Discards uncharged delays before a new sampling period.
  void DropCharges(uint64_t now);

  // In the child of a fork: discards the parent's waiters at the next use.
  void OnForkChild() { child_restart_.store(true, std::memory_order_relaxed); }

  // Delay lost when slots were reassigned, in ticks; negative when mostly overcharges were written
  // off (see Charged in the .cpp).
  int64_t lost_ticks() const { return lost_ticks_.load(std::memory_order_relaxed); }
  // Waits that ended without a charge and were not counted when their slot was reassigned.
  uint64_t lost_waits() const { return lost_waits_.load(std::memory_order_relaxed); }

 private:
  static constexpr int kBucketBits = 10;  // 1,024 buckets of 64 bytes: 4,096 contended locks
  static constexpr size_t kSlots = 4;

  struct alignas(64) Bucket {
    std::atomic<uint64_t> words[kSlots];
    std::atomic<uint64_t> keys[kSlots];
  };

  // Fibonacci hashing.
  static size_t BucketOf(const void* lock) {
    return (reinterpret_cast<uintptr_t>(lock) * 0x9E3779B97F4A7C15) >> (64 - kBucketBits);
  }

  Slot AddWaiter(Bucket& bucket, const void* lock, uint64_t now);
  bool Claim(Bucket& bucket, size_t slot, const void* lock);
  bool ClaimAny(Bucket& bucket, const void* lock);
  void RestartInChild();

  Bucket buckets_[size_t{1} << kBucketBits];
  std::atomic<int64_t> lost_ticks_;
  std::atomic<uint64_t> lost_waits_;
  std::atomic<bool> child_restart_;
};

}  // namespace pprof::signal_safe
