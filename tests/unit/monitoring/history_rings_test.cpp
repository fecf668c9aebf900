#include "profiler/monitoring/history_rings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace pprof::monitoring {
namespace {

using testing::ElementsAre;

constexpr int64_t kSecond = 1000000000;
constexpr int64_t kBegin = 7 * kSecond;  // not a multiple of any step
constexpr int64_t kHour = 3600 * kSecond;

// As pages from the kernel.
std::unique_ptr<HistoryRings> Empty() { return std::make_unique<HistoryRings>(); }

HistoryRow RowAt(int64_t boot_nanos) {
  HistoryRow row{};
  row.boot_nanos = boot_nanos;
  row.cpu_nanos = boot_nanos / 10;
  return row;
}

// A reading a second for so long; returns the time of the last one.
int64_t FillFor(HistoryRings* rings, int64_t begin, int64_t nanos) {
  for (int64_t at = 0; at < nanos; at += kSecond) rings->Add(RowAt(begin + at));
  return begin + nanos - kSecond;
}

std::vector<int64_t> SecondsOf(const std::vector<HistoryRow>& rows) {
  std::vector<int64_t> seconds;
  for (const HistoryRow& row : rows) seconds.push_back(row.boot_nanos / kSecond);
  return seconds;
}

TEST(HistoryRings, EmptyHasNothing) {
  const auto rings = Empty();
  for (size_t i = 0; i < HistoryRings::kResolutions; ++i) EXPECT_TRUE(rings->Rows(i, 0).empty());
  EXPECT_TRUE(rings->Marks().empty());
}

TEST(HistoryRings, EachResolutionHasItsSteps) {
  const auto rings = Empty();
  const int64_t now = FillFor(rings.get(), kBegin, 25 * kSecond);
  EXPECT_EQ(rings->Rows(0, now).size(), 25u);
  EXPECT_THAT(SecondsOf(rings->Rows(1, now)), ElementsAre(9, 19, 29, 31));
  EXPECT_THAT(SecondsOf(rings->Rows(2, now)), ElementsAre(31));
  EXPECT_EQ(rings->Rows(1, now)[1].cpu_nanos, 19 * kSecond / 10);
}

TEST(HistoryRings, KeepsTenMinutesThreeHoursAndSevenDays) {
  const auto rings = Empty();
  const int64_t now = FillFor(rings.get(), kBegin, 8 * 24 * kHour);
  const int64_t spans[] = {kHour / 6, 3 * kHour, 7 * 24 * kHour};
  for (size_t i = 0; i < HistoryRings::kResolutions; ++i) {
    const auto rows = rings->Rows(i, now);
    const auto& resolution = HistoryRings::kResolution[i];
    EXPECT_EQ(rows.size(), resolution.rows);
    EXPECT_EQ(rows.back().boot_nanos, now);
    const int64_t span = now - rows.front().boot_nanos;
    EXPECT_LE(span, spans[i]);
    EXPECT_GE(span, spans[i] - 2 * kSecond * resolution.step.count());
    for (size_t row = 1; row + 1 < rows.size(); ++row) {
      const int64_t step = rows[row].boot_nanos - rows[row - 1].boot_nanos;
      EXPECT_EQ(step, kSecond * resolution.step.count());
    }
  }
}

TEST(HistoryRings, NeedsHalfAMebibyteAtMost) { EXPECT_LE(sizeof(HistoryRings), 512u << 10); }

TEST(HistoryRings, ACoarseRowHasTheBytesOfTheHighestMoment) {
  const auto rings = Empty();
  HistoryRow row = RowAt(20 * kSecond);
  row.resident_bytes = 100, row.in_use_bytes = 80, row.free_bytes = 10, row.threads = 5;
  rings->Add(row);
  row = RowAt(21 * kSecond);
  row.resident_bytes = 600, row.in_use_bytes = 500, row.free_bytes = 50, row.open_files = 9;
  rings->Add(row);
  // Freed, and still resident.
  row = RowAt(22 * kSecond);
  row.resident_bytes = 600, row.in_use_bytes = 5, row.free_bytes = 545, row.threads = 3;
  rings->Add(row);
  row = RowAt(23 * kSecond);
  row.resident_bytes = 50, row.in_use_bytes = 5, row.free_bytes = 0;
  rings->Add(row);
  const HistoryRow sum = rings->Rows(1, 23 * kSecond).at(0);
  EXPECT_EQ(sum.resident_bytes, 600);
  EXPECT_EQ(sum.in_use_bytes, 5);
  EXPECT_EQ(sum.free_bytes, 545);
  EXPECT_EQ(sum.threads, 5);
  EXPECT_EQ(sum.open_files, 9);
  EXPECT_EQ(sum.cpu_nanos, 23 * kSecond / 10);
  EXPECT_EQ(sum.boot_nanos, 23 * kSecond);
}

TEST(HistoryRings, AnUnknownValueDoesNotHideAKnownOne) {
  const auto rings = Empty();
  HistoryRow unknown = RowAt(20 * kSecond);
  unknown.resident_bytes = HistoryRow::kUnknown, unknown.threads = HistoryRow::kUnknown;
  HistoryRow known = RowAt(21 * kSecond);
  known.resident_bytes = 100, known.threads = 4;
  rings->Add(unknown);
  rings->Add(known);
  unknown.boot_nanos = 22 * kSecond;
  rings->Add(unknown);
  EXPECT_EQ(rings->Rows(1, 22 * kSecond).at(0).resident_bytes, 100);
  EXPECT_EQ(rings->Rows(1, 22 * kSecond).at(0).threads, 4);
}

TEST(HistoryRings, AStopOfTheProcessIsAGap) {
  const auto rings = Empty();
  FillFor(rings.get(), kBegin, 5 * kSecond);
  const int64_t later = kBegin + kHour;
  rings->Add(RowAt(later));
  EXPECT_THAT(SecondsOf(rings->Rows(0, later)), ElementsAre(later / kSecond))
      << "older than 10 min";
  EXPECT_THAT(SecondsOf(rings->Rows(1, later)), ElementsAre(9, 11, later / kSecond));
}

TEST(HistoryRings, AClockThatGoesBackStartsAfresh) {
  const auto rings = Empty();
  FillFor(rings.get(), kHour, 50 * kSecond);
  rings->AddMark(MarkKind::kMark, kHour, "before");
  const int64_t now = FillFor(rings.get(), kBegin, 3 * kSecond);
  for (size_t i = 0; i < HistoryRings::kResolutions; ++i) {
    for (const HistoryRow& row : rings->Rows(i, now)) EXPECT_LE(row.boot_nanos, now);
  }
  EXPECT_EQ(rings->Rows(0, now).size(), 3u);
  EXPECT_TRUE(rings->Marks().empty());
}

TEST(HistoryRings, MarksOfOursDisplaceNoneOfTheProgram) {
  const auto rings = Empty();
  rings->AddMark(MarkKind::kMark, 10, "purge");
  for (int i = 0; i < 300; ++i) rings->AddMark(MarkKind::kRequest, 20 + i, std::to_string(i));
  rings->AddMark(MarkKind::kMark, 30, "later");
  const auto marks = rings->Marks();
  ASSERT_EQ(marks.size(), HistoryRings::kMarks + 2);
  EXPECT_STREQ(marks.front().text, "purge");
  EXPECT_STREQ(marks[1].text, "later");
  EXPECT_STREQ(marks.back().text, "299");
  for (int i = 0; i < 300; ++i) rings->AddMark(MarkKind::kMark, 400 + i, "again");
  EXPECT_EQ(rings->Marks().size(), 2 * HistoryRings::kMarks);
}

TEST(HistoryRings, ALongTextIsCutBetweenCharacters) {
  const auto rings = Empty();
  const std::string fits(HistoryMark::kMostBytes, 'x');
  rings->AddMark(MarkKind::kMark, 1, fits + "y");
  rings->AddMark(MarkKind::kMark, 2, fits.substr(1) + "\xc3\xa9");
  const auto marks = rings->Marks();
  EXPECT_EQ(std::string(marks[0].text, HistoryMark::kMostBytes), fits);
  EXPECT_EQ(std::string(marks[1].text), fits.substr(1));
}

}  // namespace
}  // namespace pprof::monitoring
