#include "profiler/signal_safe/heap/live_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace pprof::signal_safe {
namespace {

const void* Block(uint64_t index) {
  return reinterpret_cast<const void*>(0x7f0000000000 + index * 16);
}

LiveRecord RecordOf(uint64_t index) {
  return {nullptr, index, static_cast<double>(index) + 0.5, index};
}

std::vector<LiveRecord> All(const LiveTable& table) {
  std::vector<LiveRecord> records;
  table.ForEach([&](const LiveRecord& record) { records.push_back(record); });
  return records;
}

TEST(LiveTable, GivesBackWhatWasInserted) {
  static LiveTable table;
  ASSERT_TRUE(table.Insert(Block(7), RecordOf(7)));
  LiveRecord record{};
  ASSERT_TRUE(table.Remove(Block(7), &record));
  EXPECT_EQ(record.size, 7u);
  EXPECT_EQ(record.weight, 7.5);
  EXPECT_EQ(record.allocated_at_ms, 7u);
}

TEST(LiveTable, RemovesOnceOnly) {
  static LiveTable table;
  LiveRecord record;
  table.Insert(Block(1), RecordOf(1));
  EXPECT_TRUE(table.Remove(Block(1), &record));
  EXPECT_FALSE(table.Remove(Block(1), &record));
}

// NULL has address 0, like an empty slot.
TEST(LiveTable, NullIsNeverIn) {
  static LiveTable table;
  LiveRecord record;
  EXPECT_FALSE(table.Remove(nullptr, &record));
  table.Insert(Block(1), RecordOf(1));
  EXPECT_FALSE(table.Remove(nullptr, &record));
}

TEST(LiveTable, SpillsIntoFurtherTablesAndForgetsNothing) {
  static LiveTable table;
  constexpr uint64_t kBlocks = 200000;
  for (uint64_t i = 1; i <= kBlocks; ++i) ASSERT_TRUE(table.Insert(Block(i), RecordOf(i)));
  EXPECT_EQ(All(table).size(), kBlocks);
  LiveRecord record;
  for (uint64_t i = 1; i <= kBlocks; ++i) {
    ASSERT_TRUE(table.Remove(Block(i), &record)) << i;
    ASSERT_EQ(record.size, i);
  }
  EXPECT_TRUE(All(table).empty());
}

// The upper 16 bits of a key count them.
TEST(LiveTable, ASlotMayBeUsedMoreOftenThanItsCounterCanCount) {
  static LiveTable table;
  LiveRecord record{};
  for (uint64_t i = 1; i <= 200000; ++i) {
    ASSERT_TRUE(table.Insert(Block(1), RecordOf(i)));
    if (i % 1000 == 0) {
      ASSERT_EQ(All(table).size(), 1u);
    }
    ASSERT_TRUE(table.Remove(Block(1), &record));
    ASSERT_EQ(record.size, i);
  }
  EXPECT_TRUE(All(table).empty());
}

TEST(LiveTable, FullTableRefusesAndKeepsWhatItHas) {
  static LiveTable table;
  uint64_t inserted = 0;
  while (table.Insert(Block(inserted + 1), RecordOf(inserted + 1))) ++inserted;
  EXPECT_GT(inserted, 1000000u);
  EXPECT_LE(table.mapped_bytes(), size_t{56} << 20);
  EXPECT_EQ(All(table).size(), inserted);
  LiveRecord record;
  EXPECT_FALSE(table.Remove(Block(inserted + 1), &record));
  ASSERT_TRUE(table.Remove(Block(inserted), &record));
  EXPECT_TRUE(table.Insert(Block(inserted), RecordOf(inserted)));
}

TEST(LiveTable, ThreadsKeepTheirOwnBlocksUnderChurn) {
  static LiveTable table;
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      LiveRecord record;
      for (uint64_t round = 0; round < 200; ++round) {
        for (uint64_t i = 0; i < 1000; ++i) {
          const uint64_t id = 1 + t * 1000 + i;
          ASSERT_TRUE(table.Insert(Block(id), RecordOf(id + round * 10000)));
        }
        for (uint64_t i = 0; i < 1000; ++i) {
          const uint64_t id = 1 + t * 1000 + i;
          ASSERT_TRUE(table.Remove(Block(id), &record));
          ASSERT_EQ(record.size, id + round * 10000);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(All(table).empty());
}

// A copied record is consistent, even if its slot was reused while it was copied.
TEST(LiveTable, ForEachNeverSeesTwoRecordsMixed) {
  static LiveTable table;
  constexpr uint64_t kSteady = 500;
  for (uint64_t i = 1; i <= kSteady; ++i) table.Insert(Block(1000000 + i), RecordOf(i));
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 2; ++t) {
    threads.emplace_back([t, &stop] {
      LiveRecord record;
      for (uint64_t round = 0; !stop.load(std::memory_order_relaxed); ++round) {
        const uint64_t id = 1 + t * 64 + round % 64;
        table.Insert(Block(id), RecordOf(1000 + round));
        table.Remove(Block(id), &record);
      }
    });
  }
  for (int walk = 0; walk < 300; ++walk) {
    const std::vector<LiveRecord> records = All(table);
    uint64_t steady = 0;
    for (const LiveRecord& record : records) {
      ASSERT_EQ(record.weight, static_cast<double>(record.size) + 0.5);
      ASSERT_EQ(record.allocated_at_ms, record.size);
      steady += record.size <= kSteady;
    }
    ASSERT_EQ(steady, kSteady);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace pprof::signal_safe
