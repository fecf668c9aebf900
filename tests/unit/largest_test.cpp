#include "profiler/model/largest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profiler/model/profile_builder.h"

namespace pprof::model {
namespace {

using ::testing::ElementsAre;

// Stacks 0x100 * i and their caller 0x9 with i objects of 10 bytes each.
Profile Make(int stacks) {
  ProfileBuilder builder("heap", {{"objects", "count"}, {"space", "bytes"}});
  for (int i = 1; i <= stacks; ++i) {
    const uintptr_t pcs[] = {static_cast<uintptr_t>(0x100 * i + 1), 0xa};
    const int64_t values[] = {i, 10 * i};
    builder.Add({pcs, 2}, values, {});
  }
  return *builder.Finish();
}

TEST(LargestSamples, KeepsTheLargestAndTheTotal) {
  const Profile largest = LargestSamples(Make(10), 3);
  EXPECT_THAT(largest.sample_values, ElementsAre(10, 100, 9, 90, 36, 360));
  EXPECT_THAT(largest.frame_names, ElementsAre("[smaller stacks]"));
  EXPECT_EQ(largest.locations[largest.LocationOf(largest.samples[0], 0)].address, 0x100U * 10);
  EXPECT_EQ(largest.locations[largest.LocationOf(largest.samples[1], 1)].address, 0x9U);
  EXPECT_EQ(largest.locations[largest.LocationOf(largest.samples[2], 0)].name, 1U);
  EXPECT_EQ(largest.locations.size(), 4U);
  EXPECT_THAT(largest.comments, ElementsAre("[smaller stacks] sums up 8 stacks (samples=3)"));
}

TEST(LargestSamples, LeavesASmallProfileAsItIs) {
  const Profile largest = LargestSamples(Make(3), 3);
  EXPECT_EQ(largest.samples.size(), 3U);
  EXPECT_TRUE(largest.frame_names.empty());
}

TEST(LargestSamples, CanBeOneForAll) {
  EXPECT_THAT(LargestSamples(Make(4), 1).sample_values, ElementsAre(10, 100));
}

TEST(LargestSamples, ComparesWhatReadersShowFirst) {
  Profile profile = Make(2);
  profile.shown_first = "objects";
  profile.sample_values = {-5, 1, 3, 7};
  EXPECT_THAT(LargestSamples(profile, 2).sample_values, ElementsAre(-5, 1, 3, 7));
  profile = LargestSamples(Make(3), 2);
  EXPECT_THAT(profile.sample_values, ElementsAre(3, 30, 3, 30));
}

}  // namespace
}  // namespace pprof::model
