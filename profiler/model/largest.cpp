#include "profiler/model/largest.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "profiler/model/index_table.h"
#include "profiler/model/sample_key.h"

namespace pprof::model {
namespace {

// The index of the values that readers show first.
size_t ShownFirst(const Profile& profile) {
  for (size_t i = 0; i < profile.values.size(); ++i) {
    if (profile.values[i].type == profile.shown_first) return i;
  }
  return profile.values.size() - 1;
}

// Samples by value, the largest first; equal ones in their order.
std::vector<size_t> BySize(const Profile& profile) {
  const size_t shown = ShownFirst(profile);
  std::vector<size_t> order(profile.samples.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto size = [&](size_t i) {
    const auto value = static_cast<uint64_t>(profile.ValuesOf(i)[shown]);
    return profile.ValuesOf(i)[shown] < 0 ? 0 - value : value;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return size(a) > size(b); });
  return order;
}

// Copies samples, with the locations that they need.
class Copier {
 public:
  explicit Copier(const Profile& from)
      : from_(from), to_(from), copied_(from.locations.size(), IndexTable::kNone) {
    to_.samples.clear();
    to_.sample_values.clear();
    to_.frames.clear();
    to_.locations.clear();
    to_.thread_notes.clear();
    to_.by_return_address = IndexTable();
  }

  void Copy(size_t index) {
    const Sample& sample = from_.samples[index];
    const uint64_t first = to_.frames.size();
    for (uint32_t i = 0; i < sample.depth; ++i) {
      to_.frames.push_back(LocationOf(from_.LocationOf(sample, i)));
    }
    Add({first, sample.depth, sample.label_set}, from_.ValuesOf(index));
  }

  void AddNamed(const char* name, const std::vector<int64_t>& values) {
    to_.frame_names.emplace_back(name);
    const auto number = static_cast<uint32_t>(to_.frame_names.size());
    to_.frames.push_back(static_cast<uint32_t>(to_.locations.size()));
    to_.locations.push_back({number, kNoMapping, number});  // as ProfileBuilder numbers names
    Add({to_.frames.size() - 1, 1, 0}, values.data());
  }

  Profile Take() { return std::move(to_); }

 private:
  uint32_t LocationOf(uint32_t old) {
    if (copied_[old] == IndexTable::kNone) {
      copied_[old] = static_cast<uint32_t>(to_.locations.size());
      to_.locations.push_back(from_.locations[old]);
    }
    return copied_[old];
  }
  void Add(const Sample& sample, const int64_t* values) {
    to_.samples.push_back(sample);
    to_.sample_values.insert(to_.sample_values.end(), values, values + from_.values.size());
  }

  const Profile& from_;
  Profile to_;
  std::vector<uint32_t> copied_;  // by index in from_.locations
};

}  // namespace

Profile LargestSamples(const Profile& profile, size_t most) {
  if (profile.samples.size() <= most) return profile;
  const std::vector<size_t> order = BySize(profile);
  Copier copier(profile);
  std::vector<int64_t> others(profile.values.size());
  for (size_t i = 0; i < order.size(); ++i) {
    if (i + 1 < most) {
      copier.Copy(order[i]);
      continue;
    }
    const int64_t* values = profile.ValuesOf(order[i]);
    for (size_t k = 0; k < others.size(); ++k) others[k] = WrappingAdd(others[k], values[k]);
  }
  copier.AddNamed("[smaller stacks]", others);
  Profile largest = copier.Take();
  largest.comments.push_back("[smaller stacks] sums up " +
                             std::to_string(profile.samples.size() + 1 - most) +
                             " stacks (samples=" + std::to_string(most) + ")");
  return largest;
}

}  // namespace pprof::model
