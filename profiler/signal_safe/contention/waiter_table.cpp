#include "profiler/signal_safe/contention/waiter_table.h"

namespace pprof::signal_safe {
namespace {

constexpr int kTimeBits = 52;
constexpr uint64_t kTimeMask = (uint64_t{1} << kTimeBits) - 1;
constexpr uint64_t kNegative = uint64_t{1} << (kTimeBits - 1);  // sign bit of a number modulo 2^52
constexpr uint64_t kMostWaiters = 4094;
constexpr uint64_t kStealing = ~uint64_t{0};

uint64_t WaitersOf(uint64_t word) { return word >> kTimeBits; }
uint64_t OffsetOf(uint64_t word) { return word & kTimeMask; }
uint64_t Word(uint64_t waiters, uint64_t offset) {
  return waiters << kTimeBits | (offset & kTimeMask);
}

int64_t Signed(uint64_t offset) {
  return static_cast<int64_t>(offset << (64 - kTimeBits)) >> (64 - kTimeBits);
}

uint64_t IntegralAt(uint64_t word, uint64_t now) {
  return (OffsetOf(word) + WaitersOf(word) * now) & kTimeMask;
}

// Result of charging one word, in ticks.
struct Charge {
  uint64_t ticks;
  int64_t dropped;  // negative: an overcharge that is written off
};

// The word after a charge at `now`. The integral can be negative: clocks of two CPUs differ by some
// nanoseconds, and a thread preempted between reading its clock and updating this table was charged
// for longer than it waited. A negative integral is kept, so that later charges compensate for it,
// except a trifle without waiters (a nonzero word costs every unlock) and a large one (the process
// was stopped between the two steps: nothing would be charged for seconds or hours).
uint64_t Charged(uint64_t word, uint64_t now, Charge* charge) {
  constexpr uint64_t kTrifle = 1000;                 // 1 to 2 microseconds
  constexpr uint64_t kMostOwed = uint64_t{1} << 28;  // at most half a second
  const uint64_t integral = IntegralAt(word, now);
  const bool negative = (integral & kNegative) != 0;
  const uint64_t owed = (0 - integral) & kTimeMask;
  *charge = {negative ? 0 : integral, 0};
  if (negative && owed > kMostOwed) {
    charge->dropped = Signed(integral);
  } else if (negative && (WaitersOf(word) != 0 || owed > kTrifle)) {
    return word;
  }
  return Word(WaitersOf(word), 0 - WaitersOf(word) * now);
}

Charge TakeFrom(std::atomic<uint64_t>& slot, uint64_t now) {
  uint64_t word = slot.load(std::memory_order_relaxed);
  Charge charge{0, 0};
  do {
    if (word == 0 || word == kStealing) return {0, 0};
  } while (
      !slot.compare_exchange_weak(word, Charged(word, now, &charge), std::memory_order_relaxed));
  return charge;
}

// Sets the integral to 0.
void Drop(std::atomic<uint64_t>& slot, uint64_t now) {
  uint64_t word = slot.load(std::memory_order_relaxed);
  while (word != 0 && word != kStealing &&
         !slot.compare_exchange_weak(word, Word(WaitersOf(word), 0 - WaitersOf(word) * now),
                                     std::memory_order_relaxed)) {
  }
}

// Adds a waiter. False: too many, or the slot is being claimed.
bool Enter(std::atomic<uint64_t>& slot, uint64_t now) {
  uint64_t word = slot.load(std::memory_order_acquire);
  do {
    if (WaitersOf(word) >= kMostWaiters) return false;
  } while (!slot.compare_exchange_weak(word, Word(WaitersOf(word) + 1, OffsetOf(word) - now),
                                       std::memory_order_acquire));
  return true;
}

}  // namespace

// Assigns a slot without waiters to `lock`. False: it has waiters, or another thread claims it.
bool WaiterTable::Claim(Bucket& bucket, size_t slot, const void* lock) {
  uint64_t word = bucket.words[slot].load(std::memory_order_relaxed);
  if (WaitersOf(word) != 0) return false;  // kStealing counts as having waiters
  if (!bucket.words[slot].compare_exchange_strong(word, kStealing, std::memory_order_acquire)) {
    return false;
  }
  bucket.keys[slot].store(lock, std::memory_order_relaxed);
  // Pairs with the acquire in Enter: a reader of the word without kStealing sees the key.
  bucket.words[slot].store(0, std::memory_order_release);
  lost_ticks_.fetch_add(Signed(OffsetOf(word)), std::memory_order_relaxed);
  return true;
}

// Prefers a slot with nothing to charge; otherwise the delay in the slot is lost.
bool WaiterTable::ClaimAny(Bucket& bucket, const void* lock) {
  for (size_t slot = 0; slot < kSlots; ++slot) {
    if (bucket.words[slot].load(std::memory_order_relaxed) == 0 && Claim(bucket, slot, lock)) {
      return true;
    }
  }
  for (size_t slot = 0; slot < kSlots; ++slot) {
    if (Claim(bucket, slot, lock)) return true;
  }
  return false;
}

std::atomic<uint64_t>* WaiterTable::AddWaiter(Bucket& bucket, const void* lock, uint64_t now) {
  for (size_t slot = 0; slot < kSlots; ++slot) {
    if (bucket.keys[slot].load(std::memory_order_relaxed) != lock) continue;
    std::atomic<uint64_t>& word = bucket.words[slot];
    if (!Enter(word, now)) continue;
    if (bucket.keys[slot].load(std::memory_order_relaxed) == lock) return &word;
    EndWait({&word}, now);  // the slot was reassigned before the waiter was added
  }
  return nullptr;
}

WaiterTable::Slot WaiterTable::BeginWait(const void* lock, uint64_t now) {
  if (child_restart_.load(std::memory_order_relaxed)) RestartInChild();
  Bucket& bucket = buckets_[BucketOf(lock)];
  if (std::atomic<uint64_t>* word = AddWaiter(bucket, lock, now)) return {word};
  // Two threads that claim at once may give the lock two slots; TakeCharge adds them up.
  if (!ClaimAny(bucket, lock)) return {};
  return {AddWaiter(bucket, lock, now)};
}

void WaiterTable::EndWait(Slot slot, uint64_t now) {
  if (slot.word == nullptr) return;
  uint64_t word = slot.word->load(std::memory_order_relaxed);
  do {
    if (WaitersOf(word) == 0 || word == kStealing) return;  // cleared in a forked child
  } while (!slot.word->compare_exchange_weak(word, Word(WaitersOf(word) - 1, OffsetOf(word) + now),
                                             std::memory_order_relaxed));
}

uint64_t WaiterTable::TakeCharge(const void* lock, uint64_t now) {
  if (child_restart_.load(std::memory_order_relaxed)) RestartInChild();
  Bucket& bucket = buckets_[BucketOf(lock)];
  uint64_t ticks = 0;
  for (size_t slot = 0; slot < kSlots; ++slot) {
    if (bucket.keys[slot].load(std::memory_order_relaxed) == lock) {
      const Charge charge = TakeFrom(bucket.words[slot], now);
      ticks += charge.ticks;
      if (charge.dropped != 0) lost_ticks_.fetch_add(charge.dropped, std::memory_order_relaxed);
    }
  }
  return ticks;
}

void WaiterTable::GiveBack(const void* lock, uint64_t ticks) {
  Bucket& bucket = buckets_[BucketOf(lock)];
  for (size_t slot = 0; slot < kSlots; ++slot) {
    if (bucket.keys[slot].load(std::memory_order_relaxed) != lock) continue;
    std::atomic<uint64_t>& place = bucket.words[slot];
    uint64_t word = place.load(std::memory_order_relaxed);
    while (word != kStealing &&
           !place.compare_exchange_weak(word, Word(WaitersOf(word), OffsetOf(word) + ticks),
                                        std::memory_order_relaxed)) {
    }
    return;
  }
}

void WaiterTable::DropCharges(uint64_t now) {
  for (Bucket& bucket : buckets_) {
    for (std::atomic<uint64_t>& word : bucket.words) Drop(word, now);
  }
}

void WaiterTable::RestartInChild() {
  if (!child_restart_.exchange(false, std::memory_order_relaxed)) return;
  for (Bucket& bucket : buckets_) {
    for (std::atomic<uint64_t>& word : bucket.words) word.store(0, std::memory_order_relaxed);
  }
}

}  // namespace pprof::signal_safe
