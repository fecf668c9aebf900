// Builds a Profile sample by sample: sums up equal stacks, interns locations and label sets.
//
//   ProfileBuilder builder("heap", values);
//   builder.AddMapping(executable);
//   builder.Add(stack, numbers, {});
//   std::shared_ptr<const Profile> profile = builder.Finish();
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/model/index_table.h"
#include "profiler/model/profile.h"

namespace pprof::model {

// Thread safety: none, one thread fills it. Not async-signal-safe: allocates.
class ProfileBuilder {
 public:
  ProfileBuilder(std::string_view name, std::vector<ValueType> values);

  // Adds a mapping, the main executable first. Of mappings that share an address the loaded one
  // wins. REQUIRES: no sample was added yet.
  void AddMapping(Mapping mapping);

  // Adds the mapping of a dlclosed module; the first call has index 0.
  // REQUIRES: no sample was added yet.
  void AddUnloadedMapping(Mapping mapping);

  // Replaces the value types. REQUIRES: no sample was added yet.
  void SetValues(std::vector<ValueType> values);

  // Adds one sample. Return addresses become address - 1, which is in the call instruction. A stack
  // without frames becomes the frame "[no stack]"; one that does not reach the outermost function
  // ends in a frame that says why, e.g. "[truncated]".
  // `unloaded_as`: 0, or 1 + the index of the unloaded mapping that its frames may belong to.
  // REQUIRES: `values` has one number per value type.
  void Add(const StackView& stack, const int64_t* values, const std::vector<Label>& labels,
           uint32_t unloaded_as = 0);

  // The same with frames that have only a name behind the stack's root, the outermost last.
  void AddBelow(const StackView& stack, const std::vector<std::string>& names,
                const int64_t* values, const std::vector<Label>& labels, uint32_t unloaded_as);

  // Adds samples of permanent stacks, whose frames are return addresses of loaded code. `values`
  // has one number per value type for each. REQUIRES: no sample was added yet; the stacks are
  // distinct and no label set was added otherwise than by AddLabelSet.
  void AddPermanent(std::vector<Sample> samples, std::vector<int64_t> values);

  // Returns the set's index in Profile::label_sets.
  uint32_t AddLabelSet(const std::vector<Label>& labels);

  // Adds the locations of a stack that is not a sample. Returns their indexes in
  // Profile::locations, leaf first.
  std::vector<uint32_t> AddLocations(const StackView& stack, uint32_t unloaded_as = 0);

  // Adds a sample whose only frame is a name.
  void AddNamed(std::string_view frame_name, const int64_t* values,
                const std::vector<Label>& labels = {});

  // The profile's header, to be filled in directly: period, times, comments, losses.
  Profile& head() { return profile_; }

  // Ends the collection and empties the builder.
  std::shared_ptr<const Profile> Finish();

 private:
  uint32_t LocationOf(uint64_t address, uint32_t unloaded_as);
  std::string NameOfEnd(const StackView& stack, uint32_t unloaded_as);
  uint32_t LocationOfName(std::string_view name);
  uint32_t MappingOf(uint64_t address, uint32_t unloaded_as);
  uint32_t FindMapping(uint64_t address, bool unloaded) const;
  void AddSample(uint64_t first_frame, uint32_t label_set, const int64_t* values);
  void SortMappings();

  Profile profile_;
  std::vector<uint32_t> unloaded_mappings_;    // indexes in Profile::mappings, by unloaded_as - 1
  IndexTable locations_;                       // by address, of Profile::locations
  IndexTable samples_;                         // by frames and label set, of Profile::samples
  IndexTable label_sets_;                      // of Profile::label_sets
  std::vector<uint32_t> named_locations_;      // by name, index in Profile::locations
  IndexTable names_;                           // of Profile::frame_names
  std::vector<uint32_t> mappings_by_address_;  // indexes in Profile::mappings, by start
  uint32_t last_mapping_ = kNoMapping;         // most neighbours are in the same one
};

}  // namespace pprof::model
