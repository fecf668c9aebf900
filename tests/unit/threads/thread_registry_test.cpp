#include "profiler/signal_safe/tables/thread_registry.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

namespace pprof::signal_safe {
namespace {

// Static: large, and initially zero, like the real one.
ThreadRegistry registry;

std::multiset<int32_t> Listed() {
  std::multiset<int32_t> tids;
  registry.ForEach([&](int32_t tid, ThreadRecord&) { tids.insert(tid); });
  return tids;
}

size_t EverUsed() {
  size_t count = 0;
  registry.ForEachEver([&](ThreadRecord&) { ++count; });
  return count;
}

void Remove(ThreadRecord* record, int32_t tid) {
  ASSERT_TRUE(ThreadRegistry::Take(record, tid));
  registry.Free(record);
}

TEST(ThreadRegistry, RecordsAreFoundAndReused) {
  ThreadRecord* one = registry.Add(11, 1, nullptr, 5, 0);
  ThreadRecord* two = registry.Add(12, 1, nullptr, 6, 0);
  EXPECT_EQ(Listed(), (std::multiset<int32_t>{11, 12}));
  EXPECT_EQ(one->label_set.load(), 5u);
  Remove(one, 11);
  EXPECT_EQ(Listed(), (std::multiset<int32_t>{12}));
  EXPECT_EQ(registry.Add(13, 1, nullptr, 0, 0), one);
  Remove(two, 12);
}

TEST(ThreadRegistry, ARecordIsTakenOnce) {
  ThreadRecord* record = registry.Add(11, 1, nullptr, 0, 0);
  EXPECT_FALSE(ThreadRegistry::Take(record, 12));
  EXPECT_TRUE(ThreadRegistry::Take(record, 11));
  EXPECT_FALSE(ThreadRegistry::Take(record, 11));
}

TEST(ThreadRegistry, FullGivesNoRecordAndStaysUsable) {
  std::vector<ThreadRecord*> all;
  while (ThreadRecord* record = registry.Add(7, 0, nullptr, 0, 0)) all.push_back(record);
  EXPECT_EQ(all.size(), ThreadRegistry::kMaxThreads);
  Remove(all[5000], 7);
  EXPECT_EQ(registry.Add(8, 0, nullptr, 0, 0), all[5000]);
  EXPECT_EQ(registry.Add(9, 0, nullptr, 0, 0), nullptr);
}

TEST(ThreadRegistry, AForkedChildKeepsItsOwnRecordOnly) {
  ThreadRecord* own = registry.Add(11, 1, nullptr, 0, 0);
  ThreadRecord* other = registry.Add(12, 1, nullptr, 0, 0);
  other->cpu_timer = 99;  // the parent's timer
  registry.KeepOnly(own);
  EXPECT_EQ(Listed(), (std::multiset<int32_t>{11}));
  ThreadRecord* next = registry.Add(13, 1, nullptr, 0, 0);
  EXPECT_EQ(next, other);
  EXPECT_EQ(next->cpu_timer.load(), 0);
}

TEST(ThreadRegistry, ChurnInManyThreadsNeverSharesARecord) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 20000;
  std::atomic<int> shared{0};
  std::vector<std::thread> threads;
  for (int32_t tid = 1; tid <= kThreads; ++tid) {
    threads.emplace_back([tid, &shared] {
      for (int i = 0; i < kRounds; ++i) {
        ThreadRecord* record = registry.Add(tid, 0, nullptr, static_cast<uint32_t>(tid), 0);
        if (record->label_set.load() != static_cast<uint32_t>(tid)) ++shared;
        if (!ThreadRegistry::Take(record, tid)) ++shared;
        registry.Free(record);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(shared, 0);
  EXPECT_LE(EverUsed(), 2u * kThreads);  // some more: another thread may be taking one
}

}  // namespace
}  // namespace pprof::signal_safe
