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

// `taken_at`: the monotonic clock; the wall clock is an hour ahead.
constexpr int64_t kHour = 3'600'000'000'000;
Profile Make(const std::vector<OneSample>& samples, uint64_t taken_at = 0,
             const std::vector<Mapping>& mappings = {}) {
  ProfileBuilder builder("heap", kValues);
  for (const Mapping& mapping : mappings) builder.AddMapping(mapping);
  for (const OneSample& sample : samples) {
    builder.Add({sample.pcs.data(), sample.pcs.size()}, sample.values.data(), sample.labels);
  }
  builder.head().time_nanos = static_cast<int64_t>(taken_at) + kHour;
  builder.head().taken_at = taken_at;
  return *builder.Finish();
}

TEST(Delta, SubtractsTotalsAndKeepsCurrentValues) {
  const Profile earlier = Make({{{0x10}, {100, 60}}}, 1000);
  const Profile later = Make({{{0x10}, {150, 40}}}, 5000);
  const Profile delta = Difference(later, earlier);
  EXPECT_THAT(delta.sample_values, ElementsAre(50, 40));
  EXPECT_EQ(delta.time_nanos, 5000 + kHour);
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

// Stacks as the heap sampler has them: never copied.
const uintptr_t kFirst[] = {0x11, 0x21};
const uintptr_t kSecond[] = {0x31, 0x21};

Profile OfPermanent(std::vector<int64_t> values) {
  ProfileBuilder builder("heap", kValues);
  builder.AddPermanent({Sample::OfPermanent(kFirst, 2, 0), Sample::OfPermanent(kSecond, 2, 0)},
                       std::move(values));
  return *builder.Finish();
}

TEST(Delta, PermanentStacksMatchAndStayPermanent) {
  const Profile delta = Difference(OfPermanent({5, 0, 4, 3}), OfPermanent({5, 7, 1, 7}));
  ASSERT_EQ(delta.samples.size(), 1U);
  EXPECT_THAT(delta.sample_values, ElementsAre(3, 3));
  EXPECT_TRUE(delta.frames.empty());
  ASSERT_EQ(delta.locations.size(), 2U);
  EXPECT_EQ(delta.locations[delta.LocationOf(delta.samples[0], 0)].address, 0x30U);
  EXPECT_EQ(delta.locations[delta.LocationOf(delta.samples[0], 1)].address, 0x20U);
}

// As after a dlclose between the two.
TEST(Delta, PermanentStacksMatchCopiesOfThem) {
  const Profile later = Make({{{0x11, 0x21}, {6, 1}}, {{0x31, 0x21}, {1, 2}}});
  EXPECT_THAT(Difference(later, OfPermanent({5, 0, 1, 0})).sample_values, ElementsAre(1, 1, 0, 2));
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

TEST(Delta, OfNothingIsNothing) { EXPECT_TRUE(Difference(Make({}), Make({})).samples.empty()); }

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

TEST(Delta, AWindowOfNoLengthHasNoDuration) {
  const Profile profile = Make({{{0x10}, {5, 1}}}, 1000);
  EXPECT_EQ(Difference(profile, profile).duration_nanos, 0);
}

TEST(Delta, AWallClockThatIsSetInBetweenChangesNoDuration) {
  const Profile earlier = Make({}, 1000);
  for (const int64_t set_to : {int64_t{0}, 100 * kHour}) {
    Profile later = Make({}, 5000);
    later.time_nanos = set_to;
    EXPECT_EQ(Difference(later, earlier).duration_nanos, 4000);
    EXPECT_EQ(Difference(later, earlier).time_nanos, set_to);
  }
}

// The wrong way round: in no case a wrapped number.
TEST(Delta, OfReversedClocksAndCountersTakesNothingFromZero) {
  Profile earlier = Make({{{0x10}, {9, 1}}}, 5000);
  Profile later = Make({{{0x10}, {4, 1}}}, 1000);
  earlier.lost_samples = 10;
  later.lost_samples = 3;
  const Profile delta = Difference(later, earlier);
  EXPECT_EQ(delta.duration_nanos, 0);
  EXPECT_EQ(delta.time_nanos, 1000 + kHour);
  EXPECT_EQ(delta.lost_samples, 0U);
  EXPECT_THAT(delta.sample_values, ElementsAre(-5, 1));
}

TEST(Delta, NumbersThatWrappedGiveTheDifference) {
  const Profile earlier = Make({{{0x10}, {INT64_MAX - 1, 0}}, {{0x20}, {INT64_MIN, 0}}});
  const Profile later = Make({{{0x10}, {INT64_MIN + 2, 0}}, {{0x20}, {INT64_MAX, 0}}});
  EXPECT_THAT(Difference(later, earlier).sample_values, ElementsAre(4, 0, -1, 0));
}

TEST(Delta, WhatIsInUseStaysThoughNothingHappened) {
  const Profile earlier = Make({{{0x10}, {5, 7}}});
  const Profile later = Make({{{0x10}, {5, 7}}});
  EXPECT_THAT(Difference(later, earlier).sample_values, ElementsAre(0, 7));
}

// As many of them as there are in the profile: one entry each, so none is subtracted twice.
TEST(Delta, SamplesThatComeTwiceAreSubtractedTogether) {
  Profile earlier = Make({{{0x10}, {3, 0}}, {{0x20}, {4, 0}}});
  earlier.samples[1] = earlier.samples[0];
  const Profile later = Make({{{0x10}, {10, 0}}});
  EXPECT_THAT(Difference(later, earlier).sample_values, ElementsAre(3, 0));
}

TEST(Delta, NotesOfThreadsAreOfOneMoment) {
  Profile later = Make({{{0x10}, {5, 1}}});
  later.thread_notes.resize(1);
  EXPECT_TRUE(Difference(later, Make({})).thread_notes.empty());
}

}  // namespace
}  // namespace pprof::model
