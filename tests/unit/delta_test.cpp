#include "profiler/model/delta.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profiler/model/profile_builder.h"

namespace pprof::model {
namespace {

using ::testing::ElementsAre;

const std::vector<ValueType> kValues = {{"alloc_space", "bytes"},
                                        {"inuse_space", "bytes", ValueType::Delta::kAtEnd}};

struct OneSample {
  std::vector<uintptr_t> pcs;
  std::vector<int64_t> values;
  std::vector<Label> labels = {};
};

Profile Make(const std::vector<OneSample>& samples, int64_t time = 0,
             const std::vector<Mapping>& mappings = {}) {
  ProfileBuilder builder("heap", kValues);
  for (const Mapping& mapping : mappings) builder.AddMapping(mapping);
  for (const OneSample& sample : samples) {
    builder.Add({sample.pcs.data(), sample.pcs.size()}, sample.values.data(), sample.labels);
  }
  builder.head().time_nanos = time;
  return *builder.Finish();
}

TEST(Delta, SubtractsTotalsAndKeepsCurrentValues) {
  const Profile earlier = Make({{{0x10}, {100, 60}}}, 1000);
  const Profile later = Make({{{0x10}, {150, 40}}}, 5000);
  const Profile delta = Difference(later, earlier);
  EXPECT_THAT(delta.sample_values, ElementsAre(50, 40));
  EXPECT_EQ(delta.time_nanos, 5000);
  EXPECT_EQ(delta.duration_nanos, 4000);
}

TEST(Delta, JoinsByAddressesNotByOrder) {
  const Profile earlier = Make({{{0x30, 0x20}, {7, 1}}, {{0x10, 0x20}, {5, 1}}});
  const Profile later = Make({{{0x10, 0x20}, {6, 2}}, {{0x40}, {9, 3}}, {{0x30, 0x20}, {7, 4}}});
  EXPECT_THAT(Difference(later, earlier).sample_values, ElementsAre(1, 2, 9, 3, 0, 4));
}

TEST(Delta, DropsWhatIsAllZeroAndItsLocations) {
  const Profile earlier = Make({{{0x10, 0x20}, {5, 0}}, {{0x30, 0x20}, {1, 0}}});
  const Profile later = Make({{{0x10, 0x20}, {5, 0}}, {{0x30, 0x20}, {4, 0}}});
  const Profile delta = Difference(later, earlier);
  EXPECT_EQ(delta.samples.size(), 1U);
  EXPECT_THAT(delta.sample_values, ElementsAre(3, 0));
  EXPECT_EQ(delta.locations.size(), 2U);
  EXPECT_EQ(delta.frames.size(), 2U);
}

TEST(Delta, AStackThatVanishedCountsAgainstTheTotals) {
  const Profile delta = Difference(Make({}), Make({{{0x10}, {5, 9}}}));
  EXPECT_THAT(delta.sample_values, ElementsAre(-5, 0));
}

TEST(Delta, LabelsKeepSamplesApart) {
  const std::vector<Label> a = {{"worker", "a", 0, ""}};
  const std::vector<Label> b = {{"worker", "b", 0, ""}};
  const Profile earlier = Make({{{0x10}, {1, 0}, b}, {{0x10}, {2, 0}, a}});
  const Profile later = Make({{{0x10}, {5, 0}, a}, {{0x10}, {5, 0}, b}, {{0x10}, {5, 0}}});
  EXPECT_THAT(Difference(later, earlier).sample_values, ElementsAre(3, 0, 4, 0, 5, 0));
}

TEST(Delta, OneAddressInTwoModulesIsTwoPlaces) {
  const Profile earlier = Make({{{0x1100}, {5, 0}}}, 0, {{0x1000, 0x2000, 0, "/old.so", "aa"}});
  const Profile later = Make({{{0x1100}, {3, 0}}}, 0, {{0x1000, 0x2000, 0, "/new.so", "bb"}});
  const Profile delta = Difference(later, earlier);
  EXPECT_THAT(delta.sample_values, ElementsAre(3, 0, -5, 0));
  ASSERT_EQ(delta.mappings.size(), 2U);
  EXPECT_TRUE(delta.mappings[1].unloaded);
}

TEST(Delta, NamedFramesJoinByName) {
  const auto named = [](const char* first, const char* second) {
    ProfileBuilder builder("heap", kValues);
    const int64_t values[] = {2, 0};
    builder.AddNamed(first, values);
    builder.AddNamed(second, values);
    return *builder.Finish();
  };
  EXPECT_TRUE(Difference(named("x", "y"), named("y", "x")).samples.empty());
}

TEST(Delta, SameProfileGivesNothing) {
  const Profile profile = Make({{{0x10}, {5, 0}}, {{0x20}, {6, 0}}});
  EXPECT_TRUE(Difference(profile, profile).samples.empty());
}

TEST(Delta, OtherNamesOrColumnsAreAnotherKind) {
  const Profile a = Make({});
  Profile b = a;
  EXPECT_TRUE(SameKind(a, b));
  b.name = "allocs";
  EXPECT_FALSE(SameKind(a, b));
  b = a;
  b.values.pop_back();
  EXPECT_FALSE(SameKind(a, b));
}

TEST(Delta, LossesAreThoseInBetween) {
  Profile earlier = Make({});
  Profile later = Make({});
  earlier.lost_samples = 3;
  later.lost_samples = 10;
  EXPECT_EQ(Difference(later, earlier).lost_samples, 7U);
}

}  // namespace
}  // namespace pprof::model
