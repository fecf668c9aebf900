#include "profiler/signal_safe/tables/thread_registry.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "profiler/sys/process/sanitizers.h"
#include "tests/trap_flag.h"

namespace pprof::signal_safe {
namespace {

// Static: large, and initially zero, like the real one.
ThreadRegistry registry;

std::multiset<int32_t> Listed() {
  std::multiset<int32_t> tids;
  registry.ForEach([&](const ThreadFacts& thread, ThreadRecord&) { tids.insert(thread.tid); });
  return tids;
}

size_t EverUsed() {
  size_t count = 0;
  registry.ForEachEver([&](ThreadRecord&) { ++count; });
  return count;
}

// Each tells whose it is.
ThreadFacts FactsOf(int32_t tid) {
  const auto number = static_cast<uint32_t>(tid);
  return {tid,    tid,    reinterpret_cast<CountedStack*>(uintptr_t{number} << 8),
          number, number, tid % 2 == 0};
}

bool operator==(const ThreadFacts& a, const ThreadFacts& b) {
  return a.tid == b.tid && a.creator_tid == b.creator_tid && a.created_at == b.created_at &&
         a.label_set == b.label_set && a.stack_high == b.stack_high && a.own == b.own;
}

void Remove(ThreadRecord* record, int32_t tid) {
  ASSERT_TRUE(ThreadRegistry::Take(record, tid));
  registry.Free(record);
}

TEST(ThreadRegistry, RecordsAreFoundAndReused) {
  ThreadRecord* one = registry.Add({11, 1, nullptr, 5, 0, false});
  ThreadRecord* two = registry.Add({12, 1, nullptr, 6, 0, false});
  EXPECT_EQ(Listed(), (std::multiset<int32_t>{11, 12}));
  EXPECT_EQ(one->label_set.load(), 5u);
  Remove(one, 11);
  EXPECT_EQ(Listed(), (std::multiset<int32_t>{12}));
  EXPECT_EQ(registry.Add({13, 1, nullptr, 0, 0, false}), one);
  Remove(two, 12);
}

TEST(ThreadRegistry, ARecordIsTakenOnce) {
  ThreadRecord* record = registry.Add({11, 1, nullptr, 0, 0, false});
  EXPECT_FALSE(ThreadRegistry::Take(record, 12));
  EXPECT_TRUE(ThreadRegistry::Take(record, 11));
  EXPECT_FALSE(ThreadRegistry::Take(record, 11));
}

TEST(ThreadRegistry, FullGivesNoRecordAndStaysUsable) {
  std::vector<ThreadRecord*> all;
  while (ThreadRecord* record = registry.Add({7, 0, nullptr, 0, 0, false})) all.push_back(record);
  EXPECT_EQ(all.size(), ThreadRegistry::kMaxThreads);
  Remove(all[5000], 7);
  EXPECT_EQ(registry.Add({8, 0, nullptr, 0, 0, false}), all[5000]);
  EXPECT_EQ(registry.Add({9, 0, nullptr, 0, 0, false}), nullptr);
}

TEST(ThreadRegistry, AForkedChildKeepsItsOwnRecordOnly) {
  ThreadRecord* own = registry.Add({11, 1, nullptr, 0, 0, false});
  ThreadRecord* other = registry.Add({12, 1, nullptr, 0, 0, false});
  other->cpu_timer = 99;  // the parent's timer
  registry.KeepOnly(own);
  EXPECT_EQ(Listed(), (std::multiset<int32_t>{11}));
  ThreadRecord* next = registry.Add({13, 1, nullptr, 0, 0, false});
  EXPECT_EQ(next, other);
  EXPECT_EQ(next->cpu_timer.load(), 0);
}

TEST(ThreadRegistry, ChurnInManyThreadsNeverSharesOrMixesRecords) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 20000;
  std::atomic<int> shared{0};
  std::atomic<bool> ended{false};
  int mixed = 0;
  std::thread reader([&] {
    while (!ended) {
      registry.ForEach([&](const ThreadFacts& thread, ThreadRecord&) {
        if (thread.tid <= kThreads && !(thread == FactsOf(thread.tid))) ++mixed;
      });
    }
  });
  std::vector<std::thread> threads;
  for (int32_t tid = 1; tid <= kThreads; ++tid) {
    threads.emplace_back([tid, &shared] {
      for (int i = 0; i < kRounds; ++i) {
        ThreadRecord* record = registry.Add(FactsOf(tid));
        if (record->label_set.load() != static_cast<uint32_t>(tid)) ++shared;
        if (!ThreadRegistry::Take(record, tid)) ++shared;
        registry.Free(record);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ended = true;
  reader.join();
  EXPECT_EQ(shared, 0);
  EXPECT_EQ(mixed, 0);
  EXPECT_LE(EverUsed(), 2u * kThreads);  // some more: another thread may be taking one
}

ThreadRecord* changing;   // of thread 1, until it is thread 2's
int steps_before_change;  // 0: it has changed

// The processor calls it after each instruction while the trap flag is set.
void OnStep(int, siginfo_t*, void* context) {
  if (steps_before_change > 0 && --steps_before_change == 0) {
    Remove(changing, 1);
    registry.Add(FactsOf(2));
    stepping::ClearTrapFlagOf(context);
  }
}

// The record changes hands before each instruction of the reader, in turn.
TEST(ThreadRegistry, AReaderNeverSeesHalfOfAThreadAndHalfOfItsSuccessor) {
  if (sys::SanitizerIsPresent()) GTEST_SKIP() << "it delays signals";
  registry.KeepOnly(nullptr);
  struct sigaction action {};
  action.sa_sigaction = OnStep;
  action.sa_flags = SA_SIGINFO;
  struct sigaction saved {};
  sigaction(SIGTRAP, &action, &saved);
  int changed_at = 0;
  do {
    changing = registry.Add(FactsOf(1));
    steps_before_change = ++changed_at;
    stepping::SetTrapFlag();
    registry.ForEach([&](const ThreadFacts& thread, ThreadRecord&) {
      stepping::ClearTrapFlag();
      EXPECT_TRUE(thread == FactsOf(thread.tid)) << "after " << changed_at << " instructions";
    });
    stepping::ClearTrapFlag();
    const bool reached = steps_before_change == 0;
    Remove(changing, reached ? 2 : 1);
    if (!reached) break;
  } while (changed_at < 1000);
  sigaction(SIGTRAP, &saved, nullptr);
  EXPECT_GT(changed_at, 10);
  EXPECT_LT(changed_at, 1000);
}

}  // namespace
}  // namespace pprof::signal_safe
