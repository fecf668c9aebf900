#include "profiler/signal_safe/contention/waiter_table.h"

namespace pprof::signal_safe {
namespace {

constexpr int kTimeBits = 52;
constexpr uint64_t kTimeMask = (uint64_t{1} << kTimeBits) - 1;
constexpr uint64_t kNegative = uint64_t{1} << (kTimeBits - 1);  // sign bit of a number modulo 2^52
constexpr uint64_t kMostWaiters = 4094;
constexpr uint64_t kStealing = ~uint64_t{0};
constexpr int kAddressBits = 48;
constexpr uint64_t kAddressMask = (uint64_t{1} << kAddressBits) - 1;
constexpr uint64_t kMostNewWaits = ~uint64_t{0} >> kAddressBits;

uint64_t KeyOf(const void* lock) { return reinterpret_cast<uintptr_t>(lock) & kAddressMask; }
uint64_t NewWaitsOf(uint64_t key) { return key >> kAddressBits; }
bool IsFor(const std::atomic<uint64_t>& key, const void* lock) {
  return (key.load(std::memory_order_relaxed) & kAddressMask) == KeyOf(lock);
}

// Changes the number of uncounted waits of `lock`; nothing if the slot is another lock's by now.
// `change(waits)` answers the new number. Returns the old one.
template <class Change>
uint64_t ChangeNewWaits(std::atomic<uint64_t>& slot, uint64_t lock_key, Change change) {
  uint64_t key = slot.load(std::memory_order_relaxed);
  while ((key & kAddressMask) == lock_key) {
    const uint64_t waits = NewWaitsOf(key);
    uint64_t changed = change(waits);
    if (changed > kMostNewWaits) changed = kMostNewWaits;
    if (changed == waits) return waits;
    if (slot.compare_exchange_weak(key, lock_key | changed << kAddressBits,
                                   std::memory_order_relaxed)) {
      return waits;
    }
  }
  return 0;
}

uint64_t TakeNewWaits(std::atomic<uint64_t>& slot, const void* lock) {
  return ChangeNewWaits(slot, KeyOf(lock), [](uint64_t) { return uint64_t{0}; });
}

void AddNewWaits(std::atomic<uint64_t>& slot, const void* lock, uint64_t more) {
  ChangeNewWaits(slot, KeyOf(lock), [=](uint64_t waits) { return waits + more; });
}

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
  const uint64_t forgotten =
      NewWaitsOf(bucket.keys[slot].exchange(KeyOf(lock), std::memory_order_relaxed));
  // Pairs with the acquire in Enter: a reader of the word without kStealing sees the key.
  bucket.words[slot].store(0, std::memory_order_release);
  lost_ticks_.fetch_add(Signed(OffsetOf(word)), std::memory_order_relaxed);
  lost_waits_.fetch_add(forgotten, std::memory_order_relaxed);
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

WaiterTable::Slot WaiterTable::AddWaiter(Bucket& bucket, const void* lock, uint64_t now) {
  for (size_t slot = 0; slot < kSlots; ++slot) {
    if (!IsFor(bucket.keys[slot], lock)) continue;
    const Slot added{&bucket.words[slot], &bucket.keys[slot]};
    if (!Enter(*added.word, now)) continue;
    if (IsFor(*added.key, lock)) {
      AddNewWaits(*added.key, lock, 1);
      return added;
    }
    EndWait(added, now);  // the slot was reassigned before the waiter was added
  }
  return {};
}

WaiterTable::Slot WaiterTable::BeginWait(const void* lock, uint64_t now) {
  if (child_restart_.load(std::memory_order_relaxed)) RestartInChild();
  Bucket& bucket = buckets_[BucketOf(lock)];
  if (const Slot slot = AddWaiter(bucket, lock, now); slot.word != nullptr) return slot;
  // Two threads that claim at once may give the lock two slots; TakeCharge adds them up.
  if (!ClaimAny(bucket, lock)) return {};
  return AddWaiter(bucket, lock, now);
}

void WaiterTable::EndWait(Slot slot, uint64_t now) {
  if (slot.word == nullptr) return;
  uint64_t word = slot.word->load(std::memory_order_relaxed);
  do {
    if (WaitersOf(word) == 0 || word == kStealing) return;  // cleared in a forked child
  } while (!slot.word->compare_exchange_weak(word, Word(WaitersOf(word) - 1, OffsetOf(word) + now),
                                             std::memory_order_relaxed));
}

// Before the waiter goes: until then the key is its lock's.
void WaiterTable::CancelWait(Slot slot, uint64_t now) {
  if (slot.key == nullptr) return;
  ChangeNewWaits(*slot.key, slot.key->load(std::memory_order_relaxed) & kAddressMask,
                 [](uint64_t waits) { return waits == 0 ? 0 : waits - 1; });
  EndWait(slot, now);
}

uint64_t WaiterTable::TakeCharge(const void* lock, uint64_t now, uint64_t* waits) {
  if (child_restart_.load(std::memory_order_relaxed)) RestartInChild();
  Bucket& bucket = buckets_[BucketOf(lock)];
  uint64_t ticks = 0;
  for (size_t slot = 0; slot < kSlots; ++slot) {
    if (!IsFor(bucket.keys[slot], lock)) continue;
    const Charge charge = TakeFrom(bucket.words[slot], now);
    ticks += charge.ticks;
    if (charge.dropped != 0) lost_ticks_.fetch_add(charge.dropped, std::memory_order_relaxed);
    const uint64_t new_waits = TakeNewWaits(bucket.keys[slot], lock);
    if (waits != nullptr) *waits += new_waits;
  }
  return ticks;
}

void WaiterTable::GiveBack(const void* lock, uint64_t ticks, uint64_t waits) {
  Bucket& bucket = buckets_[BucketOf(lock)];
  for (size_t slot = 0; slot < kSlots; ++slot) {
    if (!IsFor(bucket.keys[slot], lock)) continue;
    AddNewWaits(bucket.keys[slot], lock, waits);
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
    for (std::atomic<uint64_t>& key : bucket.keys) {
      key.fetch_and(kAddressMask, std::memory_order_relaxed);
    }
  }
}

void WaiterTable::RestartInChild() {
  if (!child_restart_.exchange(false, std::memory_order_relaxed)) return;
  for (Bucket& bucket : buckets_) {
    for (std::atomic<uint64_t>& word : bucket.words) word.store(0, std::memory_order_relaxed);
    for (std::atomic<uint64_t>& key : bucket.keys) key.store(0, std::memory_order_relaxed);
  }
}

}  // namespace pprof::signal_safe
