#include "profiler/model/delta.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "profiler/model/index_table.h"
#include "profiler/model/sample_key.h"

namespace pprof::model {
namespace {

bool SameMapping(const Mapping& a, const Mapping& b) {
  return a.start == b.start && a.offset == b.offset && a.path == b.path && a.build_id == b.build_id;
}

// Translates samples of profile `from` to the locations, mappings and label sets of `into`, adding
// those that are missing.
class Translator {
 public:
  Translator(Profile& into, const Profile& from) : into_(into), from_(from) {
    for (const Mapping& mapping : from.mappings) mappings_.push_back(Translate(mapping));
    for (uint32_t i = 0; i < into.locations.size(); ++i) table_.Insert(Hash(into.locations[i]), i);
    for (const Location& location : from.locations) locations_.push_back(Translate(location));
    for (const auto& labels : from.label_sets) label_sets_.push_back(Translate(labels));
  }

  // The same permanent stack in `into`.
  Sample InPlace(Sample sample) const {
    sample.label_set = label_sets_[sample.label_set];
    return sample;
  }

  // Appends the sample's frames to `into` and returns the translated sample.
  Sample Append(const Sample& sample) {
    const uint64_t first = into_.frames.size();
    for (uint32_t i = 0; i < sample.depth; ++i) {
      into_.frames.push_back(locations_[from_.LocationOf(sample, i)]);
    }
    return {first, sample.depth, label_sets_[sample.label_set]};
  }

 private:
  static uint64_t Hash(const Location& location) { return MixHash(location.address); }

  uint32_t Translate(const Mapping& mapping) {
    std::vector<Mapping>& all = into_.mappings;
    const auto known = std::find_if(all.begin(), all.end(),
                                    [&](const Mapping& m) { return SameMapping(m, mapping); });
    const auto index = static_cast<uint32_t>(known - all.begin());
    if (known == all.end()) {
      all.push_back(mapping);
      all.back().unloaded = true;
      all.back().main_executable = false;
    }
    return index;
  }

  uint32_t TranslateName(uint32_t name) {
    if (name == 0) return 0;
    std::vector<std::string>& all = into_.frame_names;
    const std::string& text = from_.frame_names[name - 1];
    const auto known = std::find(all.begin(), all.end(), text);
    const auto index = static_cast<uint32_t>(known - all.begin());
    if (known == all.end()) all.push_back(text);
    return index + 1;
  }

  uint32_t Translate(Location location) {
    if (location.mapping != kNoMapping) location.mapping = mappings_[location.mapping];
    location.name = TranslateName(location.name);
    if (location.name != 0) location.address = location.name;
    const auto same = [&](uint32_t i) {
      const Location& other = into_.locations[i];
      return other.address == location.address && other.mapping == location.mapping &&
             other.name == location.name;
    };
    const uint64_t hash = Hash(location);
    const uint32_t known = table_.Find(hash, same);
    if (known != IndexTable::kNone) return known;
    const auto index = static_cast<uint32_t>(into_.locations.size());
    into_.locations.push_back(location);
    table_.Insert(hash, index);
    return index;
  }

  uint32_t Translate(const std::vector<Label>& labels) {
    auto& all = into_.label_sets;
    const auto known = std::find_if(all.begin(), all.end(), [&](const std::vector<Label>& other) {
      return SameLabels(other, labels);
    });
    const auto index = static_cast<uint32_t>(known - all.begin());
    if (known == all.end()) all.push_back(labels);
    return index;
  }

  Profile& into_;
  const Profile& from_;
  IndexTable table_;                  // of into_.locations
  std::vector<uint32_t> mappings_;    // index in from_ -> index in into_
  std::vector<uint32_t> locations_;   // the same
  std::vector<uint32_t> label_sets_;  // the same
};

void SubtractTotals(const Profile& columns, int64_t* from, const int64_t* what) {
  for (size_t i = 0; i < columns.values.size(); ++i) {
    if (columns.values[i].delta == ValueType::Delta::kDifference) {
      from[i] = WrappingSubtract(from[i], what[i]);
    }
  }
}

// Finds samples of `result` and adds those that are missing.
class SampleTable {
 public:
  explicit SampleTable(Profile& result) : result_(result), table_(result.samples.size()) {
    for (uint32_t i = 0; i < result.samples.size(); ++i) {
      table_.Insert(HashOfSample(result, result.samples[i]), i);
    }
  }

  uint32_t Find(const Sample& sample) const {
    return table_.Find(HashOfSample(result_, sample), [&](uint32_t other) {
      return SameSample(result_, result_.samples[other], sample);
    });
  }

  uint32_t Add(const Sample& sample) {
    const auto index = static_cast<uint32_t>(result_.samples.size());
    table_.Insert(HashOfSample(result_, sample), index);
    result_.samples.push_back(sample);
    result_.sample_values.resize(result_.sample_values.size() + result_.values.size());
    return index;
  }

 private:
  Profile& result_;
  IndexTable table_;
};

// Both profiles have permanent stacks in the order of the sampler's list, newest first: the next
// one is found at `from` or shortly after.
uint32_t FindFrom(uint32_t from, const Sample& wanted, const Profile& result) {
  for (uint32_t i = from; i < result.samples.size(); ++i) {
    if (SameSample(result, result.samples[i], wanted)) return i;
  }
  return IndexTable::kNone;
}

// Subtracts every sample of `earlier` from its match in `result`, or from zero.
void SubtractSamples(Profile& result, const Profile& earlier) {
  Translator translator(result, earlier);
  std::optional<SampleTable> table;  // 1 MiB for 65,536 samples: mostly not needed
  uint32_t next = 0;
  for (size_t i = 0; i < earlier.samples.size(); ++i) {
    const Sample& before = earlier.samples[i];
    uint32_t index = IndexTable::kNone;
    if (before.is_permanent()) {
      const Sample wanted = translator.InPlace(before);
      index = table ? table->Find(wanted) : FindFrom(next, wanted, result);
      if (!table && index != IndexTable::kNone) next = index + 1;
    }
    // A permanent stack is a copy as soon as its module is unloaded.
    if (index == IndexTable::kNone) {
      if (!table) table.emplace(result);
      const Sample sample = translator.Append(before);
      index = before.is_permanent() ? table->Find(translator.InPlace(before)) : IndexTable::kNone;
      if (index == IndexTable::kNone) index = table->Find(sample);
      if (index == IndexTable::kNone) {
        index = table->Add(sample);
      } else {
        result.frames.resize(sample.first_frame);
      }
    }
    SubtractTotals(result, &result.sample_values[index * result.values.size()],
                   earlier.ValuesOf(i));
  }
}

// Moves the sample's frames from `old` to `kept`, and each location on first use.
Sample KeepSample(const Profile& old, Sample sample, Profile& kept,
                  std::vector<uint32_t>& locations) {
  const uint64_t first = kept.frames.size();
  for (uint32_t i = 0; i < sample.depth; ++i) {
    uint32_t& location = locations[old.LocationOf(sample, i)];
    if (location == UINT32_MAX) {
      location = static_cast<uint32_t>(kept.locations.size());
      kept.locations.push_back(old.locations[old.LocationOf(sample, i)]);
    }
    if (!sample.is_permanent()) {
      kept.frames.push_back(location);
    } else if (kept.LocationAt(sample.return_addresses()[i]) == IndexTable::kNone) {
      kept.by_return_address.Insert(MixHash(sample.return_addresses()[i]), location);
    }
  }
  if (!sample.is_permanent()) sample.first_frame = first;
  return sample;
}

// Drops all-zero samples, and the locations that only they used.
void DropUnchanged(Profile& profile) {
  Profile old;
  std::swap(old.frames, profile.frames);
  std::swap(old.locations, profile.locations);
  std::swap(old.by_return_address, profile.by_return_address);
  std::vector<uint32_t> locations(old.locations.size(), UINT32_MAX);
  const size_t width = profile.values.size();
  size_t kept = 0;
  for (size_t i = 0; i < profile.samples.size(); ++i) {
    const int64_t* values = profile.ValuesOf(i);
    if (std::all_of(values, values + width, [](int64_t value) { return value == 0; })) continue;
    profile.samples[kept] = KeepSample(old, profile.samples[i], profile, locations);
    std::copy(values, values + width, &profile.sample_values[kept * width]);
    ++kept;
  }
  profile.samples.resize(kept);
  profile.sample_values.resize(kept * width);
}

}  // namespace

bool SameKind(const Profile& a, const Profile& b) {
  const auto same = [](const ValueType& x, const ValueType& y) {
    return x.type == y.type && x.unit == y.unit && x.delta == y.delta;
  };
  return a.name == b.name &&
         std::equal(a.values.begin(), a.values.end(), b.values.begin(), b.values.end(), same);
}

Profile Difference(Profile later, const Profile& earlier) {
  Profile result = std::move(later);
  result.thread_notes.clear();  // those of `later`: a difference has none
  SubtractSamples(result, earlier);
  DropUnchanged(result);
  const bool in_order = result.taken_at > earlier.taken_at;
  result.duration_nanos =
      in_order ? static_cast<int64_t>(result.taken_at - earlier.taken_at) : int64_t{0};
  result.lost_samples -= std::min(result.lost_samples, earlier.lost_samples);
  return result;
}

}  // namespace pprof::model
