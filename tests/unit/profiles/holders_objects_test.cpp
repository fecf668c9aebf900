// Which object an address is in, on spans that the test makes up.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "profiler/profiles/holders/objects/object_table.h"
#include "profiler/profiles/holders/roots/ranges.h"

namespace pprof::profiles::holders {
namespace {

constexpr uint64_t kPage = 8192;
constexpr uint64_t kBase = uint64_t{0x7f00} << 32;

TEST(ObjectTable, FindsSlotsAndLargeSpans) {
  std::vector<RawSpan> spans = {{kBase + 4 * kPage, 2 * kPage, 0}, {kBase, kPage, 48}};
  RequestMemory memory;
  ObjectTable table;
  ASSERT_TRUE(table.Build(spans.data(), spans.size(), &memory));
  EXPECT_EQ(table.size(), kPage / 48 + 1);
  Object object;
  ASSERT_TRUE(table.Find(kBase + 48 * 5 + 47, &object));
  EXPECT_EQ(object.number, 5U);
  EXPECT_EQ(object.start, kBase + 48 * 5);
  EXPECT_EQ(object.size, 48U);
  EXPECT_FALSE(table.Find(kBase + kPage - 1, &object)) << "the rest behind the last slot";
  EXPECT_FALSE(table.Find(kBase + 2 * kPage, &object)) << "between the spans";
  ASSERT_TRUE(table.Find(kBase + 6 * kPage - 1, &object));
  EXPECT_EQ(object.number, kPage / 48);
  EXPECT_EQ(object.size, 2 * kPage);
  EXPECT_FALSE(table.Find(0, &object));
  EXPECT_FALSE(table.Find(UINT64_MAX, &object));
}

TEST(ObjectTable, CursorFindsWhatFindFinds) {
  std::vector<RawSpan> spans;
  for (uint64_t i = 0; i < 40; ++i) {
    spans.push_back({kBase + (i << 28), kPage * (1 + i % 3), i % 4 == 0 ? 0 : 16 * i});
  }
  RequestMemory memory;
  ObjectTable table;
  ASSERT_TRUE(table.Build(spans.data(), spans.size(), &memory));
  ObjectTable::Cursor cursor(table);
  for (uint32_t number = 0; number < table.size(); ++number) {
    const Object object = cursor.MoveTo(number);
    ASSERT_EQ(object.number, number);
    Object found;
    ASSERT_TRUE(table.Find(object.start + object.size - 1, &found)) << number;
    EXPECT_EQ(found.number, number);
    EXPECT_EQ(found.start, object.start);
    ASSERT_GT(cursor.EndOfSpan(), number);
  }
}

// Whatever an allocator says: an object that is found holds the address, and numbers are in range.
TEST(ObjectTable, SurvivesAnySpans) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 1000; ++round) {
    std::vector<RawSpan> spans(random() % 20);
    for (RawSpan& span : spans) {
      const uint64_t near = kBase + (random() % 64) * 4096;
      span.start = random() % 4 == 0 ? random() >> random() % 64 : near;
      span.length = random() % 4 == 0 ? random() >> random() % 64 : (random() % 16) * 4096;
      span.length = std::min(span.length, uint64_t{1} << 26);
      span.slot = random() >> random() % 64;
    }
    RequestMemory memory;
    ObjectTable table;
    if (!table.Build(spans.data(), spans.size(), &memory)) continue;
    for (int i = 0; i < 100; ++i) {
      const uint64_t address = random() % 2 == 0 ? kBase + random() % (1 << 19) : random();
      Object object;
      if (!table.Find(address, &object)) continue;
      ASSERT_LT(object.number, table.size());
      ASSERT_LT(address - object.start, object.size);
    }
  }
}

TEST(Ranges, AreTakenOutOfEachOther) {
  Ranges holes = {{40, 50}, {10, 20}, {15, 30}, {60, 60}};
  Normalize(&holes);
  ASSERT_EQ(holes.size(), 2U);
  const Ranges left = Without({0, 45}, holes);
  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(left[0].end, 10U);
  EXPECT_EQ(left[1].begin, 30U);
  EXPECT_EQ(left[1].end, 40U);
  EXPECT_TRUE(Without({12, 28}, holes).empty());
}

}  // namespace
}  // namespace pprof::profiles::holders
