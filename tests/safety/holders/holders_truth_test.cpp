// Every scenario's blocks are held by what holds them, or by nobody known: never by another.
#include <gmock/gmock.h>
#include <pprof/pprof.h>

#include <map>
#include <string>

#include "profiler/model/snapshot_access.h"
#include "scenarios.h"

namespace pprof::holders_test {
namespace {

using Verdict = Expectation::Verdict;
using testing::Ge;
using testing::IsEmpty;

struct Counts {
  int64_t objects = 0;
  std::map<std::string, int64_t> by_holder;
  std::map<std::string, int64_t> by_held_by;
  int64_t weak = 0;
  int64_t lost = 0;
};
using ByScenario = std::map<std::string, Counts>;

std::string TextOf(const std::vector<Label>& labels, const std::string& key) {
  for (const Label& label : labels) {
    if (label.key == key) return label.text;
  }
  return {};
}

bool HasFrame(const model::Profile& profile, const model::Sample& sample, const std::string& name) {
  for (uint32_t i = 0; !sample.is_permanent() && i < sample.depth; ++i) {
    const model::Location& location = profile.locations[profile.LocationOf(sample, i)];
    if (location.name != 0 && profile.frame_names[location.name - 1] == name) return true;
  }
  return false;
}

void Count(const std::string& profile_name, ByScenario* counts) {
  auto snapshot = Collect(profile_name);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status().message();
  const model::Profile& profile = model::SnapshotAccess::ProfileOf(snapshot.value());
  for (const std::string& comment : profile.comments) std::printf("%s\n", comment.c_str());
  for (size_t i = 0; i < profile.samples.size(); ++i) {
    const model::Sample& sample = profile.samples[i];
    const std::vector<Label>& labels = profile.label_sets[sample.label_set];
    Counts& of = (*counts)[TextOf(labels, "scenario")];
    const int64_t objects = profile.ValuesOf(i)[0];
    const bool weak = HasFrame(profile, sample, "[weakly reached]");
    if (profile_name == "leak") {
      (weak ? of.weak : of.lost) += objects;
      continue;
    }
    of.objects += objects;
    of.by_holder[TextOf(labels, "holder")] += objects;
    of.by_held_by[TextOf(labels, "held_by")] += objects;
  }
}

// `names`: parts of names, separated by '|'.
bool IsOneOf(const std::string& holder, const std::string& names) {
  for (size_t at = 0; at <= names.size();) {
    const size_t end = std::min(names.find('|', at), names.size());
    if (end > at && holder.find(names.substr(at, end - at)) != std::string::npos) return true;
    at = end + 1;
  }
  return false;
}

class Holders : public testing::TestWithParam<uint32_t> {};

TEST_P(Holders, AreRightOrUnknown) {
  Sampling all;
  all.heap_interval = 1;
  ASSERT_TRUE(SetSampling(all).ok());
  const std::vector<Expectation> expected = BuildScenarios(GetParam());
  ByScenario counts;
  ASSERT_NO_FATAL_FAILURE(Count("holders", &counts));
  ASSERT_NO_FATAL_FAILURE(Count("leak", &counts));
  for (const Expectation& expect : expected) {
    const Counts& of = counts[expect.scenario];
    SCOPED_TRACE(expect.scenario);
    EXPECT_GT(of.objects, 0);
    int64_t right = 0;
    for (const auto& [holder, objects] : of.by_holder) {
      const bool unknown = holder == "[no holder found]";
      const bool is_right = IsOneOf(holder, expect.holder);
      if (is_right) right += objects;
      EXPECT_TRUE(unknown || is_right) << objects << " held by " << holder;
    }
    const int64_t most = of.objects - of.objects / 50;
    if (expect.verdict == Verdict::kLost) {
      EXPECT_GE(of.lost, most);
    } else {
      EXPECT_EQ(of.lost, 0);
      EXPECT_GE(right, most);
    }
    if (expect.verdict == Verdict::kHeld) {
      EXPECT_EQ(of.weak, 0);
    }
    if (expect.verdict == Verdict::kShared) {
      EXPECT_GE(of.by_held_by.at("several"), 0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Holders, testing::Range(uint32_t{1}, uint32_t{21}));

}  // namespace
}  // namespace pprof::holders_test
