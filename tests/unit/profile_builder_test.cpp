#include "profiler/model/profile_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pprof::model {
namespace {

using ::testing::ElementsAre;

const std::vector<ValueType> kTwo = {{"objects", "count"}, {"space", "bytes"}};

void Add(ProfileBuilder& builder, std::vector<uintptr_t> pcs, std::vector<int64_t> values,
         const std::vector<Label>& labels = {}) {
  builder.Add({pcs.data(), pcs.size()}, values.data(), labels);
}

std::vector<uint64_t> AddressesOf(const Profile& profile, size_t sample) {
  std::vector<uint64_t> addresses;
  const Sample& s = profile.samples[sample];
  for (uint32_t i = 0; i < s.depth; ++i) {
    addresses.push_back(profile.locations[profile.frames[s.first_frame + i]].address);
  }
  return addresses;
}

TEST(ProfileBuilder, AddsEqualStacksUp) {
  ProfileBuilder builder("heap", kTwo);
  Add(builder, {0x1000, 0x2000}, {1, 10});
  Add(builder, {0x1000, 0x3000}, {2, 20});
  Add(builder, {0x1000, 0x2000}, {3, 30});
  const auto profile = builder.Finish();
  ASSERT_EQ(profile->samples.size(), 2U);
  EXPECT_THAT(profile->sample_values, ElementsAre(4, 40, 2, 20));
  EXPECT_EQ(profile->locations.size(), 3U);
  EXPECT_EQ(profile->frames.size(), 4U) << "frames of a known stack are removed";
}

TEST(ProfileBuilder, APrefixIsAnotherStack) {
  ProfileBuilder builder("heap", kTwo);
  Add(builder, {0x1000}, {1, 1});
  Add(builder, {0x1000, 0x1000}, {1, 1});
  EXPECT_EQ(builder.Finish()->samples.size(), 2U);
}

TEST(ProfileBuilder, ReturnAddressesFallOnTheCallAndExactLeavesStay) {
  ProfileBuilder builder("profile", kTwo);
  const uintptr_t pcs[] = {0x1000, 0x2000};
  const int64_t values[] = {1, 1};
  builder.Add({pcs, 2, /*leaf_is_exact=*/true}, values, {});
  builder.Add({pcs, 2, /*leaf_is_exact=*/false}, values, {});
  const auto profile = builder.Finish();
  EXPECT_THAT(AddressesOf(*profile, 0), ElementsAre(0x1000, 0x1fff));
  EXPECT_THAT(AddressesOf(*profile, 1), ElementsAre(0xfff, 0x1fff));
}

TEST(ProfileBuilder, TruncatedAndEmptyStacksSaySo) {
  ProfileBuilder builder("heap", kTwo);
  const uintptr_t pcs[] = {0x1000};
  const int64_t values[] = {1, 1};
  builder.Add({pcs, 1, false, /*truncated=*/true}, values, {});
  builder.Add({}, values, {});
  const auto profile = builder.Finish();
  EXPECT_THAT(profile->frame_names, ElementsAre("[truncated]", "[no stack]"));
  EXPECT_THAT(AddressesOf(*profile, 0), ElementsAre(0xfff, 1)) << "a unique address";
  EXPECT_THAT(AddressesOf(*profile, 1), ElementsAre(2));
}

TEST(ProfileBuilder, StacksThatEndEarlySayWhy) {
  using End = StackView::End;
  ProfileBuilder builder("heap", kTwo);
  Mapping library;
  library.start = 0x1000;
  library.limit = 0x2000;
  library.path = "/usr/lib/libodd.so.1";
  builder.AddMapping(library);
  const uintptr_t in_library[] = {0x1800};
  const uintptr_t elsewhere[] = {0x3000};
  const int64_t values[] = {1, 1};
  builder.Add({in_library, 1, false, false, End::kRoot}, values, {});
  builder.Add({in_library, 1, false, false, End::kNoUnwindInfo}, values, {});
  builder.Add({in_library, 1, false, false, End::kUnknownRegister}, values, {});
  builder.Add({in_library, 1, false, false, End::kBrokenFrame}, values, {});
  builder.Add({in_library, 1, false, false, End::kTruncated}, values, {});
  builder.Add({in_library, 1, false, false, End::kUnread}, values, {});
  builder.Add({elsewhere, 1, false, false, End::kNoUnwindInfo}, values, {});
  EXPECT_THAT(
      builder.Finish()->frame_names,
      ElementsAre("[no unwind information in libodd.so.1]", "[unknown register in libodd.so.1]",
                  "[broken frame in libodd.so.1]", "[truncated]",
                  "[larger than what is read of a stack]", "[no unwind information]"));
}

TEST(ProfileBuilder, ANamedFrameIsNoAddress) {
  ProfileBuilder builder("heap", kTwo);
  const int64_t values[] = {1, 1};
  builder.AddNamed("pprof::LostSamples", values);
  builder.AddNamed("pprof::LostSamples", values);
  Add(builder, {2}, {5, 5});  // address 1, like the name's
  const auto profile = builder.Finish();
  ASSERT_EQ(profile->samples.size(), 2U);
  EXPECT_EQ(profile->locations[0].name, 1U);
  EXPECT_EQ(profile->locations[1].name, 0U);
}

TEST(ProfileBuilder, FindsTheMapping) {
  ProfileBuilder builder("heap", kTwo);
  builder.AddMapping({0x5000, 0x6000, 0, "/exe", ""});
  builder.AddMapping({0x1000, 0x2000, 0, "/low", ""});
  builder.AddMapping({0x2000, 0x3000, 0, "/high", ""});
  // Minus one each: last byte of low, first of high, before, between, after, exe.
  Add(builder, {0x2000, 0x2001, 0x1000, 0x4000, 0x6001, 0x5800}, {1, 1});
  const auto profile = builder.Finish();
  std::vector<uint32_t> mappings;
  for (const Location& location : profile->locations) mappings.push_back(location.mapping);
  EXPECT_THAT(mappings, ElementsAre(1, 2, kNoMapping, kNoMapping, kNoMapping, 0));
}

TEST(ProfileBuilder, ALoadedMappingHidesUnloadedOnesBelowIt) {
  ProfileBuilder builder("heap", kTwo);
  builder.AddMapping({0x1000, 0x3000, 0, "/gone", "", false, false, /*unloaded=*/true});
  builder.AddMapping({0x2000, 0x2800, 0, "/here", ""});
  Add(builder, {0x1101, 0x2101, 0x2901}, {1, 1});
  const auto profile = builder.Finish();
  EXPECT_EQ(profile->locations[0].mapping, 0U);
  EXPECT_EQ(profile->locations[1].mapping, 1U);
  EXPECT_EQ(profile->locations[2].mapping, 0U);
}

TEST(ProfileBuilder, LabelsInAnyOrderAreTheSameSet) {
  ProfileBuilder builder("heap", kTwo);
  const Label a{"a", "1", 0, ""};
  const Label b{"b", "", 7, "bytes"};
  Add(builder, {0x1000}, {1, 1}, {a, b});
  Add(builder, {0x1000}, {1, 1}, {b, a});
  Add(builder, {0x1000}, {1, 1}, {b});
  Add(builder, {0x1000}, {1, 1});
  Add(builder, {0x1000}, {1, 1}, {a, b, Label{"a", "2", 0, ""}});  // one value per key
  const auto profile = builder.Finish();
  EXPECT_EQ(profile->samples.size(), 3U);
  EXPECT_EQ(profile->label_sets.size(), 3U);
  EXPECT_THAT(profile->sample_values, ElementsAre(3, 3, 1, 1, 1, 1));
}

TEST(ProfileBuilder, IsEmptyAfterFinish) {
  ProfileBuilder builder("heap", kTwo);
  Add(builder, {0x1000}, {1, 1});
  EXPECT_EQ(builder.Finish()->samples.size(), 1U);
  EXPECT_TRUE(builder.Finish()->samples.empty());
}

TEST(ProfileBuilder, AbsurdNumbersWrap) {
  ProfileBuilder builder("heap", kTwo);
  Add(builder, {0x1000}, {INT64_MAX, 0});
  Add(builder, {0x1000}, {1, 0});
  EXPECT_EQ(builder.Finish()->sample_values[0], INT64_MIN);
}

TEST(ProfileBuilder, ManyStacksStayApart) {
  ProfileBuilder builder("heap", kTwo);
  for (int round = 0; round < 2; ++round) {
    for (uintptr_t i = 1; i <= 20'000; ++i) Add(builder, {i * 16, i * 32, 0x77}, {1, 1});
  }
  const auto profile = builder.Finish();
  EXPECT_EQ(profile->samples.size(), 20'000U);
  for (const int64_t value : profile->sample_values) ASSERT_EQ(value, 2);
}

}  // namespace
}  // namespace pprof::model
