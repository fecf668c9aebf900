#include "profiler/model/grouped.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profiler/model/profile_builder.h"

namespace pprof::model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct OneSample {
  std::vector<uintptr_t> pcs;
  std::vector<int64_t> values;
  std::vector<Label> labels = {};
};

Label Text(const char* key, const char* text) { return {key, text, 0, ""}; }

Profile Make(const std::vector<OneSample>& samples, std::vector<std::string> dropped) {
  ProfileBuilder builder("goroutine", {{"goroutine", "count"}, {"cpu", "nanoseconds"}});
  for (const OneSample& sample : samples) {
    builder.Add({sample.pcs.data(), sample.pcs.size()}, sample.values.data(), sample.labels);
  }
  builder.head().labels_not_in_text = std::move(dropped);
  builder.head().thread_notes.resize(samples.size());
  return *builder.Finish();
}

TEST(GroupedForText, AddsUpWhatOnlyDroppedLabelsTellApart) {
  const Profile grouped = GroupedForText(Make({{{0x10}, {1, 5}, {Text("tid", "1")}},
                                               {{0x20}, {1, 7}, {Text("tid", "2")}},
                                               {{0x10}, {1, 9}, {Text("tid", "3")}}},
                                              {"tid"}));
  EXPECT_THAT(grouped.sample_values, ElementsAre(2, 14, 1, 7));
  EXPECT_EQ(grouped.label_sets.size(), 1u);
  EXPECT_THAT(grouped.thread_notes, IsEmpty());
}

TEST(GroupedForText, OtherLabelsKeepSamplesApart) {
  const Profile grouped =
      GroupedForText(Make({{{0x10}, {1, 1}, {Text("tid", "1"), Text("route", "/a")}},
                           {{0x10}, {1, 2}, {Text("route", "/b"), Text("tid", "2")}},
                           {{0x10}, {1, 4}, {Text("route", "/a"), Text("tid", "3")}},
                           {{0x10}, {1, 8}, {Text("tid", "4")}}},
                          {"tid", "thread"}));
  EXPECT_THAT(grouped.sample_values, ElementsAre(2, 5, 1, 2, 1, 8));
}

TEST(GroupedForText, WithoutDroppedLabelsNothingChanges) {
  const Profile profile = Make({{{0x10}, {1, 1}, {Text("tid", "1")}}, {{0x10}, {1, 2}}}, {});
  EXPECT_EQ(GroupedForText(profile).sample_values, profile.sample_values);
  EXPECT_EQ(GroupedForText(profile).label_sets.size(), 2u);
}

TEST(GroupedForText, OfNothingIsNothing) {
  EXPECT_THAT(GroupedForText(Make({}, {"tid"})).samples, IsEmpty());
}

TEST(GroupedForText, SumsWrap) {
  const Profile grouped = GroupedForText(
      Make({{{0x10}, {INT64_MAX, 0}, {Text("tid", "1")}}, {{0x10}, {1, 0}, {Text("tid", "2")}}},
           {"tid"}));
  EXPECT_THAT(grouped.sample_values, ElementsAre(INT64_MIN, 0));
}

}  // namespace
}  // namespace pprof::model
