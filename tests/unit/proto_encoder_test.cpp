#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "pprof/version.h"
#include "profiler/encode/encoders.h"
#include "tests/unit/decoded_profile.h"
#include "tests/unit/sample_profile.h"

namespace pprof::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Encode(const SampleInput& input) {
  std::ostringstream out;
  EXPECT_TRUE(encode::WriteProto(input.profile, input.symbols, out).ok());
  return out.str();
}

TEST(ProtoEncoder, IsValidForPprofAndParca) { EXPECT_EQ(FlawOf(Decode(Encode(HeapSample()))), ""); }

TEST(ProtoEncoder, IsAGzipStreamAsGoWritesIt) {
  const std::string bytes = Encode(HeapSample());
  // RFC 1952: magic, deflate, no flags, no time, XFL 4 ("fastest").
  EXPECT_EQ(bytes.substr(0, 9), std::string("\x1f\x8b\x08\0\0\0\0\0\x04", 9));
}

TEST(ProtoEncoder, KeepsSampleTypesInOrder) {
  const DecodedProfile profile = Decode(Encode(HeapSample()));
  std::vector<std::string> types;
  for (const DecodedType& type : profile.sample_types) types.push_back(type.type + "/" + type.unit);
  EXPECT_THAT(types, ElementsAre("alloc_objects/count", "alloc_space/bytes", "inuse_objects/count",
                                 "inuse_space/bytes"));
  EXPECT_EQ(profile.period_type.type + "/" + profile.period_type.unit, "space/bytes");
  EXPECT_EQ(profile.period, 524288);
}

TEST(ProtoEncoder, WritesInlinedFramesAsLinesInnermostFirst) {
  const DecodedProfile profile = Decode(Encode(HeapSample()));
  EXPECT_EQ(StackOf(profile, profile.samples[0]), "Map::insert;RequestContext::Set;Handle;main");
  const DecodedLocation& leaf = profile.locations[0];
  ASSERT_EQ(leaf.lines.size(), 2U);
  EXPECT_EQ(leaf.lines[0].line, 11);
  EXPECT_EQ(leaf.lines[1].line, 25);
  EXPECT_EQ(leaf.address, 0x555500001100U) << "the call, not the return address";
  EXPECT_EQ(profile.functions[0].system_name, "_ZN3Map6insertEi");
  EXPECT_EQ(profile.functions[0].filename, "/src/map.h");
  EXPECT_EQ(profile.functions[0].start_line, 9);
  EXPECT_THAT(profile.samples[0].values, ElementsAre(10, 4096, 7, 2048));
}

TEST(ProtoEncoder, FlagsOfAMappingSayWhatWasFound) {
  const DecodedProfile profile = Decode(Encode(HeapSample()));
  const auto flags = [&](size_t i) {
    const DecodedMapping& m = profile.mappings.at(i);
    return std::vector<bool>{m.has_functions, m.has_filenames, m.has_line_numbers,
                             m.has_inline_frames};
  };
  EXPECT_THAT(flags(0), ElementsAre(true, true, true, true));
  EXPECT_THAT(flags(1), ElementsAre(true, false, false, false)) << "symbol table only";
  EXPECT_THAT(flags(2), ElementsAre(false, false, false, false)) << "nothing found";
  EXPECT_EQ(profile.mappings[0].filename, "/srv/app/server");
  EXPECT_EQ(profile.mappings[0].build_id, "c4cc01");
  EXPECT_EQ(profile.mappings[0].offset, 0x1000U);
}

TEST(ProtoEncoder, UnresolvedFramesShowTheirModuleAndStayOpenWhereNothingWasFound) {
  const DecodedProfile profile = Decode(Encode(HeapSample()));
  const DecodedSample& sample = profile.samples[2];
  ASSERT_EQ(sample.locations.size(), 4U);
  EXPECT_EQ(StackOf(profile, sample), "[libnames.so.1];[unknown];main");
  const DecodedLocation& bare = profile.locations[sample.locations[1] - 1];
  EXPECT_THAT(bare.lines, IsEmpty()) << "a reader may symbolize it";
  EXPECT_EQ(bare.mapping, 3U);
  const DecodedLocation& jit = profile.locations[sample.locations[2] - 1];
  EXPECT_EQ(jit.mapping, 0U);
  EXPECT_EQ(jit.address, 0x7f1000000004U);
}

TEST(ProtoEncoder, NamedFramesHaveASmallAddressAndNoMapping) {
  const DecodedProfile profile = Decode(Encode(HeapSample()));
  const DecodedSample& sample = profile.samples[3];
  EXPECT_EQ(StackOf(profile, sample), "pprof::LostSamples");
  const DecodedLocation& location = profile.locations[sample.locations[0] - 1];
  EXPECT_EQ(location.mapping, 0U);
  EXPECT_EQ(location.address, 1U);
}

TEST(ProtoEncoder, WritesTextAndNumberLabels) {
  const DecodedProfile profile = Decode(Encode(HeapSample()));
  const std::vector<DecodedLabel>& labels = profile.samples[1].labels;
  ASSERT_EQ(labels.size(), 3U);
  EXPECT_EQ(labels[0].key, "bytes");
  EXPECT_EQ(labels[0].number, 100);
  EXPECT_EQ(labels[0].unit, "bytes");
  EXPECT_EQ(labels[1].text, "blocked \"q\"");
  EXPECT_EQ(labels[2].key, "worker");
}

TEST(ProtoEncoder, TimeAlwaysDurationOnlyWhenSet) {
  SampleInput input = HeapSample();
  DecodedProfile profile = Decode(Encode(input));
  EXPECT_EQ(profile.time_nanos, 1'700'000'000'000'000'000);
  EXPECT_EQ(profile.fields.count(10), 0U) << "scrapers treat a profile with a duration as a delta";
  input.profile.duration_nanos = 5'000'000'000;
  EXPECT_EQ(Decode(Encode(input)).duration_nanos, 5'000'000'000);
}

TEST(ProtoEncoder, DefaultSampleTypeAndComments) {
  SampleInput input = HeapSample();
  EXPECT_EQ(Decode(Encode(input)).fields.count(14), 0U);
  EXPECT_THAT(Decode(Encode(input)).comments, ElementsAre("pprof-cpp " PPROF_CPP_VERSION_TEXT));
  input.profile.shown_first = "alloc_space";
  input.profile.comments = {"first"};
  input.profile.lost_samples = 7;
  const DecodedProfile profile = Decode(Encode(input));
  EXPECT_EQ(profile.default_sample_type, "alloc_space");
  EXPECT_THAT(profile.comments,
              ElementsAre("first", "7 samples lost", "pprof-cpp " PPROF_CPP_VERSION_TEXT));
}

TEST(ProtoEncoder, StringsAreCleanUtf8) {
  SampleInput input = HeapSample();
  input.profile.comments = {"caf\xc3\xa9 \xff\xfe \xed\xa0\x80 end"};
  input.profile.mappings[0].path = "/srv/\xc0\xaf/app";
  const DecodedProfile profile = Decode(Encode(input));
  EXPECT_EQ(FlawOf(profile), "");
  EXPECT_EQ(profile.comments[0].substr(0, 6), "caf\xc3\xa9 ");
}

TEST(ProtoEncoder, StringsAreDistinct) {
  DecodedProfile profile = Decode(Encode(HeapSample()));
  const size_t count = profile.strings.size();
  std::sort(profile.strings.begin(), profile.strings.end());
  profile.strings.erase(std::unique(profile.strings.begin(), profile.strings.end()),
                        profile.strings.end());
  EXPECT_EQ(profile.strings.size(), count);
}

TEST(ProtoEncoder, EmptyProfileIsValid) {
  SampleInput input;
  input.profile.values = {{"alloc_objects", "count"}};
  input.profile.time_nanos = 1;
  input.symbols = NoSymbols(input.profile);
  const DecodedProfile profile = Decode(Encode(input));
  EXPECT_EQ(FlawOf(profile), "");
  EXPECT_THAT(profile.samples, IsEmpty());
}

TEST(ProtoEncoder, WithoutSymbolsEverythingStaysOpenForOthers) {
  SampleInput input = HeapSample();
  input.symbols = NoSymbols(input.profile);
  const DecodedProfile profile = Decode(Encode(input));
  EXPECT_EQ(FlawOf(profile), "");
  for (const DecodedMapping& mapping : profile.mappings) EXPECT_FALSE(mapping.has_functions);
  EXPECT_EQ(StackOf(profile, profile.samples[0]), "");
}

TEST(ProtoEncoder, ExtremeNumbersSurvive) {
  SampleInput input = HeapSample();
  input.profile.sample_values[0] = INT64_MIN;
  input.profile.sample_values[1] = INT64_MAX;
  input.profile.sample_values[2] = -1;
  EXPECT_THAT(Decode(Encode(input)).samples[0].values, ElementsAre(INT64_MIN, INT64_MAX, -1, 2048));
}

TEST(ProtoEncoder, EqualInputGivesEqualBytes) {
  EXPECT_EQ(Encode(HeapSample()), Encode(HeapSample()));
}

// Accepts `room` bytes, then fails.
class FullDisk : public std::streambuf {
 public:
  explicit FullDisk(std::streamsize room) : room_(room) {}

 protected:
  std::streamsize xsputn(const char*, std::streamsize count) override {
    room_ -= count;
    return room_ >= 0 ? count : 0;
  }
  int_type overflow(int_type) override { return traits_type::eof(); }

 private:
  std::streamsize room_;
};

TEST(ProtoEncoder, ReturnsTheWriteError) {
  const SampleInput input = HeapSample();
  FullDisk disk(10);
  std::ostream out(&disk);
  const Status status = encode::WriteProto(input.profile, input.symbols, out);
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.message(), "writing the profile failed");
}

}  // namespace
}  // namespace pprof::test
