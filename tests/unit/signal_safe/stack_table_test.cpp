#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

#include "profiler/signal_safe/tables/counted_stack.h"
#include "profiler/signal_safe/unwind/unwind.h"

namespace pprof::signal_safe {
namespace {

std::vector<uintptr_t> Stack(uintptr_t id, size_t depth = 5) {
  std::vector<uintptr_t> pcs(depth, 0x400000);
  pcs[0] = 0x500000 + id;
  return pcs;
}

CountedStack* Intern(CountedStackTable& table, const std::vector<uintptr_t>& pcs,
                     bool truncated = false, uint32_t labels = 0) {
  const StackEnd end = truncated ? StackEnd::kTruncated : StackEnd::kRoot;
  return table.Intern({pcs.data(), pcs.size(), end, labels});
}

std::vector<const CountedStack*> All(const CountedStackTable& table) {
  std::vector<const CountedStack*> all;
  table.ForEach([&](const CountedStack& entry) {
    if (&entry != table.overflow()) all.push_back(&entry);
  });
  return all;
}

TEST(StackTable, EqualStacksShareAnEntry) {
  static CountedStackTable table;
  CountedStack* first = Intern(table, Stack(1));
  EXPECT_EQ(Intern(table, Stack(1)), first);
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(std::vector<uintptr_t>(first->pcs(), first->pcs() + first->depth), Stack(1));
}

TEST(StackTable, AnyDifferenceMakesAnotherEntry) {
  static CountedStackTable table;
  CountedStack* entry = Intern(table, Stack(1));
  EXPECT_NE(Intern(table, Stack(2)), entry);
  EXPECT_NE(Intern(table, Stack(1, 6)), entry);
  EXPECT_NE(Intern(table, Stack(1, 4)), entry);
  EXPECT_NE(Intern(table, Stack(1), true), entry);
  EXPECT_NE(Intern(table, Stack(1), false, 1), entry);
  EXPECT_EQ(All(table).size(), 6u);
}

TEST(StackTable, TakesStacksOfAllDepths) {
  static CountedStackTable table;
  for (size_t depth = 1; depth <= kMaxStackDepth; ++depth) {
    CountedStack* entry = Intern(table, Stack(depth, depth));
    ASSERT_EQ(entry->depth, depth);
    ASSERT_EQ(entry->pcs()[0], 0x500000 + depth);
  }
}

TEST(StackTable, FullTablePutsNewStacksIntoTheOverflowEntryAndFindsOldOnes) {
  static CountedStackTable table;
  CountedStack* first = Intern(table, Stack(0));
  for (size_t i = 1; i < CountedStackTable::kMaxStacks; ++i) {
    ASSERT_NE(Intern(table, Stack(i)), table.overflow()) << i;
  }
  EXPECT_EQ(Intern(table, Stack(CountedStackTable::kMaxStacks)), table.overflow());
  EXPECT_EQ(Intern(table, Stack(CountedStackTable::kMaxStacks + 1)), table.overflow());
  EXPECT_EQ(Intern(table, Stack(0)), first);
  EXPECT_EQ(table.size(), CountedStackTable::kMaxStacks);
  EXPECT_EQ(All(table).size(), CountedStackTable::kMaxStacks);
}

TEST(StackTable, ThreadsThatInternTheSameStacksGetTheSameEntries) {
  static CountedStackTable table;
  constexpr size_t kStacks = 5000;
  std::vector<std::vector<CountedStack*>> got(4, std::vector<CountedStack*>(kStacks));
  std::vector<std::thread> threads;
  for (auto& mine : got) {
    threads.emplace_back([&mine] {
      for (size_t i = 0; i < kStacks; ++i) {
        mine[i] = Intern(table, Stack(i));
        mine[i]->Begin();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(table.size(), kStacks);
  // Besides them there are entries that lost an insertion race, with zero counters.
  std::multiset<const CountedStack*> counted;
  for (const CountedStack* entry : All(table)) {
    if (entry->begun.load() != 0) counted.insert(entry);
  }
  EXPECT_EQ(counted.size(), kStacks);
  EXPECT_EQ(std::set<const CountedStack*>(counted.begin(), counted.end()).size(), kStacks);
  for (size_t i = 0; i < kStacks; ++i) {
    for (const auto& mine : got) ASSERT_EQ(mine[i], got[0][i]);
    ASSERT_EQ(got[0][i]->begun.load(), got.size());
  }
}

}  // namespace
}  // namespace pprof::signal_safe
