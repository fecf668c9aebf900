#include "profiler/model/profile_builder.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <utility>

#include "profiler/model/sample_key.h"

namespace pprof::model {
namespace {

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "pprof: %s\n", what);
  std::abort();
}

// The address to symbolize for a frame: for a return address, one in the call before it.
uint64_t AddressOf(const StackView& stack, size_t frame) {
  const uint64_t pc = stack.pcs[frame];
  const bool exact = (frame == 0 && stack.leaf_is_exact) || pc == 0;
  return exact ? pc : pc - 1;
}

// Sorts by key and keeps one label per key (readers accept only one), the first one given.
std::vector<Label> Canonical(std::vector<Label> labels) {
  std::stable_sort(labels.begin(), labels.end(),
                   [](const Label& a, const Label& b) { return a.key < b.key; });
  const auto same_key = [](const Label& a, const Label& b) { return a.key == b.key; };
  labels.erase(std::unique(labels.begin(), labels.end(), same_key), labels.end());
  return labels;
}

}  // namespace

ProfileBuilder::ProfileBuilder(std::string_view name, std::vector<ValueType> values) {
  profile_.name = std::string(name);
  profile_.values = std::move(values);
}

void ProfileBuilder::AddMapping(Mapping mapping) {
  Require(profile_.samples.empty(), "AddMapping after the first sample");
  profile_.mappings.push_back(std::move(mapping));
}

void ProfileBuilder::AddUnloadedMapping(Mapping mapping) {
  mapping.unloaded = true;
  unloaded_mappings_.push_back(static_cast<uint32_t>(profile_.mappings.size()));
  AddMapping(std::move(mapping));
}

void ProfileBuilder::SetValues(std::vector<ValueType> values) {
  Require(profile_.samples.empty(), "SetValues after the first sample");
  profile_.values = std::move(values);
}

void ProfileBuilder::Add(const StackView& stack, const int64_t* values,
                         const std::vector<Label>& labels, uint32_t unloaded_as) {
  AddBelow(stack, {}, values, labels, unloaded_as);
}

void ProfileBuilder::AddBelow(const StackView& stack, const std::vector<std::string>& names,
                              const int64_t* values, const std::vector<Label>& labels,
                              uint32_t unloaded_as) {
  const uint64_t first_frame = profile_.frames.size();
  for (size_t i = 0; i < stack.depth; ++i) {
    profile_.frames.push_back(LocationOf(AddressOf(stack, i), unloaded_as));
  }
  if (stack.depth == 0 && names.empty()) profile_.frames.push_back(LocationOfName("[no stack]"));
  const std::string end = NameOfEnd(stack, unloaded_as);
  if (!end.empty()) profile_.frames.push_back(LocationOfName(end));
  for (const std::string& name : names) profile_.frames.push_back(LocationOfName(name));
  AddSample(first_frame, AddLabelSet(labels), values);
}

void ProfileBuilder::AddNamed(std::string_view frame_name, const int64_t* values,
                              const std::vector<Label>& labels) {
  const uint64_t first_frame = profile_.frames.size();
  profile_.frames.push_back(LocationOfName(frame_name));
  AddSample(first_frame, AddLabelSet(labels), values);
}

void ProfileBuilder::AddPermanent(std::vector<Sample> samples, std::vector<int64_t> values) {
  Require(profile_.samples.empty(), "AddPermanent after the first sample");
  profile_.samples = std::move(samples);
  profile_.sample_values = std::move(values);
  for (const Sample& sample : profile_.samples) {
    for (uint32_t i = 0; i < sample.depth; ++i) {
      const uintptr_t address = sample.return_addresses()[i];
      if (profile_.LocationAt(address) != IndexTable::kNone) continue;
      const uint32_t location = LocationOf(address == 0 ? 0 : address - 1, 0);
      profile_.by_return_address.Insert(MixHash(address), location);
    }
  }
}

std::shared_ptr<const Profile> ProfileBuilder::Finish() {
  auto finished = std::make_shared<Profile>(std::move(profile_));
  *this = ProfileBuilder("", {});
  return finished;
}

std::vector<uint32_t> ProfileBuilder::AddLocations(const StackView& stack, uint32_t unloaded_as) {
  std::vector<uint32_t> locations;
  for (size_t i = 0; i < stack.depth; ++i) {
    locations.push_back(LocationOf(AddressOf(stack, i), unloaded_as));
  }
  return locations;
}

// The frame that says why the stack has no more; empty if it is complete.
std::string ProfileBuilder::NameOfEnd(const StackView& stack, uint32_t unloaded_as) {
  using End = StackView::End;
  if (stack.truncated || stack.end == End::kTruncated) return "[truncated]";
  if (stack.end == End::kRoot || stack.depth == 0) return {};
  if (stack.end == End::kUnread) return "[larger than what is read of a stack]";
  const uint32_t mapping = MappingOf(AddressOf(stack, stack.depth - 1), unloaded_as);
  const std::string_view what = stack.end == End::kNoUnwindInfo      ? "no unwind information"
                                : stack.end == End::kUnknownRegister ? "unknown register"
                                                                     : "broken frame";
  if (mapping == kNoMapping) return "[" + std::string(what) + "]";
  const std::string& path = profile_.mappings[mapping].path;
  return "[" + std::string(what) + " in " + path.substr(path.rfind('/') + 1) + "]";
}

// Frames in an unloaded module have their own locations: other code may have the same addresses
// now.
uint32_t ProfileBuilder::LocationOf(uint64_t address, uint32_t unloaded_as) {
  const uint32_t mapping = MappingOf(address, unloaded_as);
  const uint64_t hash = MixHash(address ^ (uint64_t{mapping} << 48));
  const auto same = [&](uint32_t i) {
    return profile_.locations[i].address == address && profile_.locations[i].mapping == mapping;
  };
  const uint32_t known = locations_.Find(hash, same);
  if (known != IndexTable::kNone) return known;
  const auto index = static_cast<uint32_t>(profile_.locations.size());
  profile_.locations.push_back({address, mapping, 0});
  locations_.Insert(hash, index);
  return index;
}

uint32_t ProfileBuilder::LocationOfName(std::string_view name) {
  std::vector<std::string>& names = profile_.frame_names;
  const uint64_t hash = std::hash<std::string_view>()(name);
  const uint32_t known = names_.Find(hash, [&](uint32_t i) { return names[i] == name; });
  if (known != IndexTable::kNone) return named_locations_[known];
  const auto at = static_cast<uint32_t>(names.size());
  names_.Insert(hash, at);
  names.emplace_back(name);
  named_locations_.push_back(static_cast<uint32_t>(profile_.locations.size()));
  // Readers distinguish stacks by address: each name gets a small one, below every mapping.
  profile_.locations.push_back({uint64_t{at} + 1, kNoMapping, at + 1});
  return named_locations_.back();
}

uint32_t ProfileBuilder::MappingOf(uint64_t address, uint32_t unloaded_as) {
  if (unloaded_as != 0 && unloaded_as <= unloaded_mappings_.size()) {
    const uint32_t gone = unloaded_mappings_[unloaded_as - 1];
    const Mapping& range = profile_.mappings[gone];
    if (range.start <= address && address < range.limit) return gone;
  }
  if (mappings_by_address_.size() != profile_.mappings.size()) SortMappings();
  const auto holds = [&](uint32_t i) {
    return profile_.mappings[i].start <= address && address < profile_.mappings[i].limit;
  };
  if (last_mapping_ != kNoMapping && !profile_.mappings[last_mapping_].unloaded &&
      holds(last_mapping_)) {
    return last_mapping_;
  }
  uint32_t found = FindMapping(address, false);
  if (found == kNoMapping) found = FindMapping(address, true);
  return last_mapping_ = found;
}

// Unloaded mappings may overlap others, so the search walks back over all that start earlier.
uint32_t ProfileBuilder::FindMapping(uint64_t address, bool unloaded) const {
  const auto begins_after = [&](uint64_t a, uint32_t i) { return a < profile_.mappings[i].start; };
  auto at = std::upper_bound(mappings_by_address_.begin(), mappings_by_address_.end(), address,
                             begins_after);
  while (at != mappings_by_address_.begin()) {
    const Mapping& mapping = profile_.mappings[*--at];
    if (mapping.unloaded != unloaded) continue;
    if (address < mapping.limit) return *at;
    if (!unloaded) return kNoMapping;
  }
  return kNoMapping;
}

void ProfileBuilder::SortMappings() {
  mappings_by_address_.resize(profile_.mappings.size());
  for (uint32_t i = 0; i < mappings_by_address_.size(); ++i) mappings_by_address_[i] = i;
  std::sort(mappings_by_address_.begin(), mappings_by_address_.end(), [&](uint32_t a, uint32_t b) {
    return profile_.mappings[a].start < profile_.mappings[b].start;
  });
}

uint32_t ProfileBuilder::AddLabelSet(const std::vector<Label>& labels) {
  if (labels.empty()) return 0;
  std::vector<Label> wanted = Canonical(labels);
  const uint64_t hash = HashOfLabels(wanted);
  const auto same = [&](uint32_t i) { return SameLabels(profile_.label_sets[i], wanted); };
  const uint32_t known = label_sets_.Find(hash, same);
  if (known != IndexTable::kNone) return known;
  const auto index = static_cast<uint32_t>(profile_.label_sets.size());
  profile_.label_sets.push_back(std::move(wanted));
  label_sets_.Insert(hash, index);
  return index;
}

// The sample's frames are those from `first_frame` to the end; removed again if it is known.
void ProfileBuilder::AddSample(uint64_t first_frame, uint32_t label_set, const int64_t* values) {
  const size_t width = profile_.values.size();
  const Sample sample{first_frame, static_cast<uint32_t>(profile_.frames.size() - first_frame),
                      label_set};
  const uint64_t hash = HashOfSample(profile_, sample);
  const auto same = [&](uint32_t i) { return SameSample(profile_, profile_.samples[i], sample); };
  const uint32_t known = samples_.Find(hash, same);
  if (known == IndexTable::kNone) {
    samples_.Insert(hash, static_cast<uint32_t>(profile_.samples.size()));
    profile_.samples.push_back(sample);
    profile_.sample_values.insert(profile_.sample_values.end(), values, values + width);
    return;
  }
  profile_.frames.resize(first_frame);
  int64_t* sums = &profile_.sample_values[known * width];
  for (size_t i = 0; i < width; ++i) sums[i] = WrappingAdd(sums[i], values[i]);
}

}  // namespace pprof::model
