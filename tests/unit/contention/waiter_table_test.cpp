#include "profiler/signal_safe/contention/waiter_table.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace pprof::signal_safe {
namespace {

// Zeroed memory is an empty table; too large for a stack.
std::unique_ptr<WaiterTable> NewTable() {
  auto table = std::make_unique<WaiterTable>();
  EXPECT_EQ(table->TakeCharge(table.get(), 1), 0u);
  return table;
}

const void* Lock(uintptr_t number) { return reinterpret_cast<const void*>(0x10000 + number * 40); }

TEST(WaiterTable, ChargesWaitersTimesTime) {
  auto table = NewTable();
  const void* lock = Lock(1);
  EXPECT_FALSE(table->MayBePending(lock));
  const auto a = table->BeginWait(lock, 1000);
  EXPECT_TRUE(table->MayBePending(lock));
  const auto b = table->BeginWait(lock, 1500);
  EXPECT_EQ(table->TakeCharge(lock, 2000), 1000u + 500u);
  EXPECT_EQ(table->TakeCharge(lock, 2000), 0u);
  table->EndWait(a, 2100);
  EXPECT_EQ(table->TakeCharge(lock, 3000), 100u + 1000u);
  table->EndWait(b, 3300);
  EXPECT_TRUE(table->MayBePending(lock)) << "300 ns are not charged yet";
  EXPECT_EQ(table->TakeCharge(lock, 9000), 300u);
  EXPECT_FALSE(table->MayBePending(lock));
}

TEST(WaiterTable, SumOfChargesIsSumOfWaits) {
  auto table = NewTable();
  std::mt19937 random(1);
  std::vector<std::pair<WaiterTable::Slot, uint64_t>> waiting;
  uint64_t now = uint64_t{1} << 51;  // half of the range of a word
  uint64_t waited = 0;
  uint64_t charged = 0;
  for (int i = 0; i < 100000; ++i) {
    now += random() % 100000;
    const unsigned what = random() % 3;
    if (what == 0 && waiting.size() < 50) waiting.emplace_back(table->BeginWait(Lock(7), now), now);
    if (what == 1 && !waiting.empty()) {
      table->EndWait(waiting.back().first, now);
      waited += now - waiting.back().second;
      waiting.pop_back();
    }
    if (what == 2) charged += table->TakeCharge(Lock(7), now);
  }
  for (const auto& [slot, began] : waiting) {
    table->EndWait(slot, now);
    waited += now - began;
  }
  charged += table->TakeCharge(Lock(7), now);
  EXPECT_EQ(charged, waited);
}

// 26 days of nanoseconds; a longer one looks negative.
TEST(WaiterTable, TheLongestChargeThatThereIs) {
  auto table = NewTable();
  constexpr uint64_t kLongest = (uint64_t{1} << 51) - 1;
  const auto slot = table->BeginWait(Lock(1), 1000);
  EXPECT_EQ(table->TakeCharge(Lock(1), 1000 + kLongest), kLongest);
  table->EndWait(slot, 1000 + kLongest);
  EXPECT_EQ(table->lost_ticks(), 0);
}

TEST(WaiterTable, RefusedUnlockGivesItsChargeBack) {
  auto table = NewTable();
  const auto slot = table->BeginWait(Lock(1), 1000);
  const uint64_t charge = table->TakeCharge(Lock(1), 1700);
  table->GiveBack(Lock(1), charge, 1);
  table->EndWait(slot, 2000);
  uint64_t waits = 0;
  EXPECT_EQ(table->TakeCharge(Lock(1), 2000, &waits), 1000u);
  EXPECT_EQ(waits, 1u);
}

// The holder's unlock counts it; what passes until the waiter has woken up is delay without a wait.
TEST(WaiterTable, EachWaitIsCountedOnce) {
  auto table = NewTable();
  const auto a = table->BeginWait(Lock(1), 1000);
  const auto b = table->BeginWait(Lock(1), 1100);
  uint64_t waits = 0;
  table->TakeCharge(Lock(1), 2000, &waits);
  EXPECT_EQ(waits, 2u);
  table->TakeCharge(Lock(1), 2500, &waits);  // another holder came before them
  EXPECT_EQ(waits, 2u);
  const auto c = table->BeginWait(Lock(1), 2600);
  table->EndWait(a, 2700);
  EXPECT_GT(table->TakeCharge(Lock(1), 3000, &waits), 0u);
  EXPECT_EQ(waits, 3u);
  table->EndWait(b, 3010);
  table->EndWait(c, 3020);
  EXPECT_GT(table->TakeCharge(Lock(1), 4000, &waits), 0u);
  EXPECT_EQ(waits, 3u);
  EXPECT_FALSE(table->MayBePending(Lock(1)));
}

TEST(WaiterTable, ACallThatFailedAtOnceIsNoWait) {
  auto table = NewTable();
  const auto waiting = table->BeginWait(Lock(1), 1000);
  table->CancelWait(table->BeginWait(Lock(1), 1500), 1500);
  table->CancelWait({}, 1600);
  uint64_t waits = 0;
  EXPECT_EQ(table->TakeCharge(Lock(1), 2000, &waits), 1000u);
  EXPECT_EQ(waits, 1u);
  table->EndWait(waiting, 2000);
}

TEST(WaiterTable, ANewPeriodCountsNoOldWaits) {
  auto table = NewTable();
  table->EndWait(table->BeginWait(Lock(1), 1000), 2000);
  table->DropCharges(3000);
  const auto slot = table->BeginWait(Lock(1), 4000);
  uint64_t waits = 0;
  EXPECT_EQ(table->TakeCharge(Lock(1), 5000, &waits), 1000u);
  EXPECT_EQ(waits, 1u);
  table->EndWait(slot, 5000);
}

TEST(WaiterTable, ClocksOfTwoCpusMayDisagree) {
  auto table = NewTable();
  const auto slot = table->BeginWait(Lock(1), 1000);
  EXPECT_EQ(table->TakeCharge(Lock(1), 990), 0u) << "an unlock that read its clock earlier";
  EXPECT_EQ(table->TakeCharge(Lock(1), 1500), 500u);
  table->EndWait(slot, 1495);
  EXPECT_EQ(table->TakeCharge(Lock(1), 2000), 0u);
  EXPECT_FALSE(table->MayBePending(Lock(1)));
}

// A process that was stopped for an hour between reading the clock and updating the table.
TEST(WaiterTable, AClockOfLongAgoDoesNotSilenceALock) {
  const auto table = std::make_unique<WaiterTable>();
  constexpr uint64_t kHour = 3'600'000'000'000;
  table->EndWait(table->BeginWait(Lock(1), kHour), 1);
  EXPECT_EQ(table->TakeCharge(Lock(1), kHour), 0u);
  const auto slot = table->BeginWait(Lock(1), kHour + 1000);
  EXPECT_EQ(table->TakeCharge(Lock(1), kHour + 3000), 2000u);
  table->EndWait(slot, kHour + 3000);
  EXPECT_FALSE(table->MayBePending(Lock(1)));
}

TEST(WaiterTable, ThousandLocksAtOnceAreAllCharged) {
  auto table = NewTable();
  std::vector<WaiterTable::Slot> slots;
  size_t followed = 0;
  for (uintptr_t i = 0; i < 1000; ++i) {
    slots.push_back(table->BeginWait(Lock(i), 1000));
    if (slots.back().word != nullptr) ++followed;
  }
  EXPECT_GE(followed, 980u);  // four locks per bucket
  for (const auto& slot : slots) table->EndWait(slot, 2000);
  uint64_t charged = 0;
  for (uintptr_t i = 0; i < 1000; ++i) charged += table->TakeCharge(Lock(i), 3000);
  EXPECT_EQ(charged, followed * 1000);
}

TEST(WaiterTable, DelayOfForgottenLocksMakesRoomAndIsCounted) {
  auto table = NewTable();
  uint64_t charged = 0;
  for (uintptr_t i = 0; i < 100000; ++i) {  // destroyed without an unlock
    const auto slot = table->BeginWait(Lock(i), 1000);
    ASSERT_NE(slot.word, nullptr);
    table->EndWait(slot, 1010);
  }
  for (uintptr_t i = 0; i < 100000; ++i) charged += table->TakeCharge(Lock(i), 2000);
  EXPECT_EQ(static_cast<int64_t>(charged) + table->lost_ticks(), 100000 * 10);
}

TEST(WaiterTable, ChildOfAForkHasNoWaiters) {
  auto table = NewTable();
  const auto slot = table->BeginWait(Lock(1), 1000);
  table->OnForkChild();
  EXPECT_EQ(table->TakeCharge(Lock(1), 5000), 0u);
  table->EndWait(slot, 6000);
  EXPECT_EQ(table->TakeCharge(Lock(1), 7000), 0u);
}

// Locks that affect each other's MayBePending.
std::vector<const void*> LocksOfOneBucket(WaiterTable& table, size_t count) {
  std::vector<const void*> locks{Lock(0)};
  const auto slot = table.BeginWait(Lock(0), 1000);
  for (uintptr_t i = 1; locks.size() < count; ++i) {
    if (table.MayBePending(Lock(i))) locks.push_back(Lock(i));
  }
  table.EndWait(slot, 1000);
  EXPECT_EQ(table.TakeCharge(Lock(0), 1000), 0u);
  return locks;
}

// A word holds 52 bits of time.
TEST(WaiterTable, ChargesGoOnOverTheEndOfTheClocksBits) {
  auto table = NewTable();
  constexpr uint64_t kEnd = uint64_t{1} << 52;
  const auto a = table->BeginWait(Lock(1), kEnd - 1000);
  const auto b = table->BeginWait(Lock(1), kEnd - 400);
  EXPECT_EQ(table->TakeCharge(Lock(1), kEnd - 100), 900u + 300u);
  EXPECT_EQ(table->TakeCharge(Lock(1), kEnd + 50), 2u * 150);
  table->EndWait(a, kEnd + 60);
  table->EndWait(b, kEnd + 90);
  EXPECT_EQ(table->TakeCharge(Lock(1), kEnd + 100), 10u + 40u);
  EXPECT_FALSE(table->MayBePending(Lock(1)));
  EXPECT_EQ(table->lost_ticks(), 0);
}

// 4,094 in one word; then the lock takes another slot of its bucket.
TEST(WaiterTable, MoreWaitersThanAWordCanCountAreInTheNextSlot) {
  auto table = NewTable();
  constexpr size_t kInAWord = 4094;
  std::vector<WaiterTable::Slot> slots;
  for (size_t i = 0; i < 4 * kInAWord; ++i) {
    slots.push_back(table->BeginWait(Lock(1), 1000));
    ASSERT_NE(slots[i].word, nullptr) << i;
    ASSERT_EQ(slots[i].word == slots[0].word, i < kInAWord) << i;
  }
  EXPECT_EQ(table->BeginWait(Lock(1), 1000).word, nullptr) << "the bucket is full";
  EXPECT_EQ(table->TakeCharge(Lock(1), 1010), 4 * kInAWord * 10);
  for (const auto& slot : slots) table->EndWait(slot, 1020);
  EXPECT_EQ(table->TakeCharge(Lock(1), 5000), 4 * kInAWord * 10);
  EXPECT_FALSE(table->MayBePending(Lock(1)));
}

// Four of a bucket's locks have waiters: a fifth finds no room, and takes none away.
TEST(WaiterTable, AFifthLockOfABucketIsNotFollowed) {
  auto table = NewTable();
  const std::vector<const void*> locks = LocksOfOneBucket(*table, 5);
  std::vector<WaiterTable::Slot> slots;
  for (size_t i = 0; i < 4; ++i) slots.push_back(table->BeginWait(locks[i], 1000 + i));
  for (const auto& slot : slots) ASSERT_NE(slot.word, nullptr);
  const auto fifth = table->BeginWait(locks[4], 1500);
  EXPECT_EQ(fifth.word, nullptr);
  table->EndWait(fifth, 1600);
  EXPECT_EQ(table->TakeCharge(locks[4], 2000), 0u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(table->TakeCharge(locks[i], 2000), 1000 - i);
    table->EndWait(slots[i], 2000);
  }
  EXPECT_NE(table->BeginWait(locks[4], 3000).word, nullptr) << "there is room now";
  EXPECT_EQ(table->lost_ticks(), 0);
}

// More locks than slots in one bucket, all threads at once: nothing is charged twice or made up.
TEST(WaiterTable, ThreadsThatShareBucketsLoseNothingUncounted) {
  auto table = NewTable();
  const std::vector<const void*> locks = LocksOfOneBucket(*table, 6);
  const std::vector<const void*> others = LocksOfOneBucket(*table, 10);
  std::atomic<uint64_t> now{1000000};
  std::atomic<uint64_t> waited{0}, charged{0}, begun{0}, counted{0};
  std::vector<std::thread> threads;
  for (uintptr_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      for (int i = 0; i < 200000; ++i) {
        const void* lock = locks[random() % locks.size()];
        const uint64_t begin = now.fetch_add(10000);
        const auto slot = table->BeginWait(lock, begin);
        const uint64_t end = now.fetch_add(10000);
        table->EndWait(slot, end);
        if (slot.word != nullptr) waited += end - begin;
        if (slot.word != nullptr) ++begun;
        uint64_t waits = 0;
        charged += table->TakeCharge(lock, now.fetch_add(10000), &waits);
        counted += waits;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  uint64_t waits = 0;
  for (const void* lock : locks) charged += table->TakeCharge(lock, now, &waits);
  // Other locks claim all slots, so that outstanding negative charges are written off.
  for (size_t i = locks.size(); i < others.size(); ++i) table->BeginWait(others[i], now);
  EXPECT_EQ(static_cast<int64_t>(charged) + table->lost_ticks(), static_cast<int64_t>(waited));
  EXPECT_EQ(counted + waits + table->lost_waits(), begun);
}

}  // namespace
}  // namespace pprof::signal_safe
