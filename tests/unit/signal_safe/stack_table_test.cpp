#include "profiler/signal_safe/stack_table.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace pprof::signal_safe {
namespace {

std::vector<uintptr_t> Stack(uintptr_t id, size_t depth = 5) {
  std::vector<uintptr_t> pcs(depth, 0x400000);
  pcs[0] = 0x500000 + id;
  return pcs;
}

StackEntry* Intern(StackTable& table, const std::vector<uintptr_t>& pcs, bool truncated = false,
                   uint32_t labels = 0) {
  return table.Intern(pcs.data(), pcs.size(), truncated, labels);
}

std::vector<const StackEntry*> All(const StackTable& table) {
  std::vector<const StackEntry*> all;
  for (StackEntry* entry = table.all(); entry != nullptr; entry = entry->next_of_all) {
    all.push_back(entry);
  }
  return all;
}

TEST(StackTable, EqualStacksShareAnEntry) {
  static StackTable table;
  StackEntry* first = Intern(table, Stack(1));
  EXPECT_EQ(Intern(table, Stack(1)), first);
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(std::vector<uintptr_t>(first->pcs(), first->pcs() + first->depth), Stack(1));
}

TEST(StackTable, AnyDifferenceMakesAnotherEntry) {
  static StackTable table;
  StackEntry* entry = Intern(table, Stack(1));
  EXPECT_NE(Intern(table, Stack(2)), entry);
  EXPECT_NE(Intern(table, Stack(1, 6)), entry);
  EXPECT_NE(Intern(table, Stack(1, 4)), entry);
  EXPECT_NE(Intern(table, Stack(1), true), entry);
  EXPECT_NE(Intern(table, Stack(1), false, 1), entry);
  EXPECT_EQ(All(table).size(), 6u);
}

TEST(StackTable, TakesStacksOfAllDepths) {
  static StackTable table;
  for (size_t depth = 1; depth <= kMaxStackDepth; ++depth) {
    StackEntry* entry = Intern(table, Stack(depth, depth));
    ASSERT_EQ(entry->depth, depth);
    ASSERT_EQ(entry->pcs()[0], 0x500000 + depth);
  }
}

TEST(StackTable, FullTablePutsNewStacksIntoTheOverflowEntryAndFindsOldOnes) {
  static StackTable table;
  StackEntry* first = Intern(table, Stack(0));
  for (size_t i = 1; i < StackTable::kMaxStacks; ++i) {
    ASSERT_NE(Intern(table, Stack(i)), table.overflow()) << i;
  }
  EXPECT_EQ(Intern(table, Stack(StackTable::kMaxStacks)), table.overflow());
  EXPECT_EQ(Intern(table, Stack(StackTable::kMaxStacks + 1)), table.overflow());
  EXPECT_EQ(Intern(table, Stack(0)), first);
  EXPECT_EQ(table.size(), StackTable::kMaxStacks);
  EXPECT_EQ(All(table).size(), StackTable::kMaxStacks);
}

TEST(StackTable, ThreadsThatInternTheSameStacksGetTheSameEntries) {
  static StackTable table;
  constexpr size_t kStacks = 5000;
  std::vector<std::vector<StackEntry*>> got(4, std::vector<StackEntry*>(kStacks));
  std::vector<std::thread> threads;
  for (auto& mine : got) {
    threads.emplace_back([&mine] {
      for (size_t i = 0; i < kStacks; ++i) {
        mine[i] = Intern(table, Stack(i));
        mine[i]->heap.allocated_count.fetch_add(1, std::memory_order_relaxed);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(table.size(), kStacks);
  // Beside them those that lost a race to be first, with zeroes.
  std::multiset<const StackEntry*> counted;
  for (const StackEntry* entry : All(table)) {
    if (entry->heap.allocated_count.load() != 0) counted.insert(entry);
  }
  EXPECT_EQ(counted.size(), kStacks);
  EXPECT_EQ(std::set<const StackEntry*>(counted.begin(), counted.end()).size(), kStacks);
  for (size_t i = 0; i < kStacks; ++i) {
    for (const auto& mine : got) ASSERT_EQ(mine[i], got[0][i]);
    ASSERT_EQ(got[0][i]->heap.allocated_count.load(), got.size());
  }
}

}  // namespace
}  // namespace pprof::signal_safe
