#include "tests/unit/profiles/profile_rows.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "profiler/model/profile.h"
#include "profiler/model/snapshot_access.h"

namespace pprof::testing {
namespace {

std::string TextOf(const model::Profile& profile, const model::Location& location) {
  if (location.name != 0) return profile.frame_names[location.name - 1];
  return fmt::format("{:x}", location.address);
}

std::string RowName(const model::Profile& profile, const model::Sample& sample) {
  std::string name;
  for (uint32_t i = 0; i < sample.depth; ++i) {
    const uint32_t frame = profile.frames[sample.first_frame + i];
    name += (i == 0 ? "" : " ") + TextOf(profile, profile.locations[frame]);
  }
  for (const Label& label : profile.label_sets[sample.label_set]) {
    name += fmt::format(" {{{}={}}}", label.key, label.text);
  }
  return name;
}

}  // namespace

ProfileType TypeWithColumns(size_t columns) {
  ProfileType type;
  type.name = "made_up";
  for (size_t i = 0; i < columns; ++i) type.values.push_back({fmt::format("v{}", i), "count"});
  return type;
}

Rows RowsOf(SnapshotBuilder& builder) {
  const auto profile = model::SnapshotAccess::BuilderOf(builder).Finish();
  Rows rows;
  for (size_t i = 0; i < profile->samples.size(); ++i) {
    const int64_t* values = profile->ValuesOf(i);
    const std::string name = RowName(*profile, profile->samples[i]);
    const std::vector<int64_t> row(values, values + profile->values.size());
    EXPECT_TRUE(rows.emplace(name, row).second) << "twice: " << name;
  }
  return rows;
}

}  // namespace pprof::testing
