// Contended lock -> integral of (number of waiters x time) since it was last charged: what the
// waiters lost, kept until the holder unlocks and is charged with it.
//
// Writers: any thread, at the begin and end of a wait and at an unlock that finds waiters. Nobody
// waits for anybody here. Reader of the fast path: every unlock (MayBePending).
//
// The integral is linear in time, so that one 64-bit word holds it: with W waiters now,
//   integral(t) = A + W * t,   A = sum of the ends - sum of the begins of waits,
// in ticks of sys/tick_clock.h modulo 2^52 (52 days of nanoseconds), W in the upper 12 bits. A
// wait's begin adds (1, -t), its end (-1, +t); a charge takes integral(t) and leaves (W, -W * t).
// Word 0: nothing to charge.
//
// Invariants:
//  1. A slot's key changes only while its word says kStealing, which only one thread can set and
//     only from a word without waiters.
//  2. Who has added itself as a waiter and then still finds its key in the slot keeps the slot
//     until it takes itself out.
//  3. A bucket's words are all 0 when none of its locks has anything to charge.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace pprof::signal_safe {

class WaiterTable {
 public:
  struct Slot {
    std::atomic<uint64_t>* word = nullptr;  // nullptr: this wait is not followed
  };

  // False: nobody waits for this lock, as far as known. Signal-safe. Relaxed: a waiter that is just
  // coming is charged at the next unlock.
  __attribute__((always_inline)) bool MayBePending(const void* lock) const {
    const auto& words = buckets_[BucketOf(lock)].words;
    constexpr auto kRelaxed = std::memory_order_relaxed;
    static_assert(kSlots == 4, "written out: compilers make a loop of it");
    const uint64_t any = words[0].load(kRelaxed) | words[1].load(kRelaxed) |
                         words[2].load(kRelaxed) | words[3].load(kRelaxed);
    return __builtin_expect(any != 0, 0);
  }

  // The calling thread begins to wait for `lock` at `now`. An empty slot when none of the bucket's
  // four has room: each is another lock's with waiters, or has 4,094 of this one. Signal-safe.
  Slot BeginWait(const void* lock, uint64_t now);

  // The wait is over. Signal-safe. REQUIRES: a slot of BeginWait, once; empty is fine.
  void EndWait(Slot slot, uint64_t now);

  // Takes what the waiters of `lock` have lost since the last charge, in ticks. Signal-safe.
  uint64_t TakeCharge(const void* lock, uint64_t now);

  // Puts a charge back: the unlock failed. Signal-safe.
  void GiveBack(const void* lock, uint64_t ticks);

  // Drops what was not charged: before a new period begins. Thread safety: safe.
  void DropCharges(uint64_t now);

  // After fork(), in the child: the waiters do not exist here. Signal-safe.
  void OnForkChild() { child_restart_.store(true, std::memory_order_relaxed); }

  // Delay that was dropped to make room for another lock, in ticks; below 0 when what was
  // dropped was mostly charged too high (see Charged in the .cpp).
  int64_t lost_ticks() const { return lost_ticks_.load(std::memory_order_relaxed); }

 private:
  static constexpr int kBucketBits = 10;  // 1,024 buckets of 64 bytes: 4,096 contended locks
  static constexpr size_t kSlots = 4;

  struct alignas(64) Bucket {
    std::atomic<uint64_t> words[kSlots];
    std::atomic<const void*> keys[kSlots];
  };

  // Fibonacci hashing.
  static size_t BucketOf(const void* lock) {
    return (reinterpret_cast<uintptr_t>(lock) * 0x9E3779B97F4A7C15) >> (64 - kBucketBits);
  }

  std::atomic<uint64_t>* Find(const void* lock);
  std::atomic<uint64_t>* AddWaiter(Bucket& bucket, const void* lock, uint64_t now);
  bool Claim(Bucket& bucket, size_t slot, const void* lock);
  bool ClaimAny(Bucket& bucket, const void* lock);
  void RestartInChild();

  Bucket buckets_[size_t{1} << kBucketBits];
  std::atomic<int64_t> lost_ticks_;
  std::atomic<bool> child_restart_;
};

}  // namespace pprof::signal_safe
