#include "profiler/model/grouped.h"

#include <algorithm>

#include "profiler/model/index_table.h"
#include "profiler/model/sample_key.h"

namespace pprof::model {
namespace {

// Removes labels with these keys from the sets. Returns the new index of each old set.
std::vector<uint32_t> DropLabels(const std::vector<std::string>& keys,
                                 std::vector<std::vector<Label>>* sets) {
  std::vector<std::vector<Label>> kept;
  std::vector<uint32_t> index_of;
  IndexTable table;
  for (std::vector<Label>& labels : *sets) {
    const auto dropped = [&](const Label& label) {
      return std::find(keys.begin(), keys.end(), label.key) != keys.end();
    };
    labels.erase(std::remove_if(labels.begin(), labels.end(), dropped), labels.end());
    const uint64_t hash = HashOfLabels(labels);
    const auto same = [&](uint32_t i) { return SameLabels(kept[i], labels); };
    uint32_t index = table.Find(hash, same);
    if (index == IndexTable::kNone) {
      index = static_cast<uint32_t>(kept.size());
      table.Insert(hash, index);
      kept.push_back(std::move(labels));
    }
    index_of.push_back(index);
  }
  *sets = std::move(kept);
  return index_of;
}

}  // namespace

Profile GroupedForText(const Profile& profile) {
  Profile grouped = profile;
  const std::vector<uint32_t> label_set_of =
      DropLabels(profile.labels_not_in_text, &grouped.label_sets);
  grouped.samples.clear();
  grouped.sample_values.clear();
  grouped.thread_notes.clear();
  IndexTable table;
  const size_t width = profile.values.size();
  for (size_t i = 0; i < profile.samples.size(); ++i) {
    Sample sample = profile.samples[i];
    sample.label_set = label_set_of[sample.label_set];
    const uint64_t hash = HashOfSample(grouped, sample);
    const auto same = [&](uint32_t k) { return SameSample(grouped, grouped.samples[k], sample); };
    const uint32_t known = table.Find(hash, same);
    const int64_t* values = profile.ValuesOf(i);
    if (known == IndexTable::kNone) {
      table.Insert(hash, static_cast<uint32_t>(grouped.samples.size()));
      grouped.samples.push_back(sample);
      grouped.sample_values.insert(grouped.sample_values.end(), values, values + width);
      continue;
    }
    int64_t* sums = &grouped.sample_values[known * width];
    for (size_t k = 0; k < width; ++k) sums[k] = WrappingAdd(sums[k], values[k]);
  }
  return grouped;
}

}  // namespace pprof::model
