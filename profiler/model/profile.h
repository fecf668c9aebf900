// A collected profile as plain data, before encoding. Flat arrays instead of a vector per sample:
// 100,000 samples of 30 frames are 12 MB of frames.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pprof/pprof.h"
#include "profiler/model/index_table.h"

namespace pprof::model {

// One executable mapping, as in /proc/self/maps.
struct Mapping {
  uint64_t start = 0;
  uint64_t limit = 0;
  uint64_t offset = 0;   // of `start` in the file
  std::string path;      // without " (deleted)"
  std::string build_id;  // lower-case hex; empty: none
  bool deleted = false;
  bool main_executable = false;
  bool unloaded = false;  // dlclosed after its samples were taken; its range may be reused
};

constexpr uint32_t kNoMapping = UINT32_MAX;

// The code location of a frame. Distinct in Profile::locations.
struct Location {
  uint64_t address = 0;           // for symbolization: return address - 1, or the exact address
  uint32_t mapping = kNoMapping;  // index in Profile::mappings
  uint32_t name = 0;              // index + 1 in Profile::frame_names for named frames, else 0
};

struct Sample {
  uint64_t first_frame = 0;  // index in Profile::frames; or a permanent stack
  uint32_t depth = 0;
  uint32_t label_set = 0;  // index in Profile::label_sets; 0 is the empty set

  // A stack that stays where it is for ever, leaf first: 100,000 of them are not copied.
  static Sample OfPermanent(const uintptr_t* return_addresses, uint32_t depth, uint32_t label_set) {
    return {kPermanent | reinterpret_cast<uint64_t>(return_addresses), depth, label_set};
  }
  bool is_permanent() const { return (first_frame & kPermanent) != 0; }
  const uintptr_t* return_addresses() const {
    return reinterpret_cast<const uintptr_t*>(first_frame & ~kPermanent);
  }

  static constexpr uint64_t kPermanent = uint64_t{1} << 63;  // set in no address and no index
};

// Details of one sample for a full thread dump, besides its stack.
struct ThreadNote {
  std::string header;                // "goroutine 7 [sleep, 3 minutes]"
  std::string no_stack_because;      // not empty if there is no stack
  std::vector<uint32_t> created_at;  // locations of the creating stack; empty: unknown
  int64_t creator = 0;
};

// Immutable once built. Samples are distinct by (frames, label set).
struct Profile {
  std::string name;
  std::vector<ValueType> values;
  std::string shown_first;  // becomes default_sample_type; empty: readers use the last
  TextForm text_form = TextForm::kCount;
  ValueType period_type;
  int64_t period = 0;
  int64_t time_nanos = 0;      // wall clock of the collection; an administrator may set it
  uint64_t taken_at = 0;       // the same on the monotonic clock, in nanoseconds: for durations
  int64_t duration_nanos = 0;  // 0 except for recordings and deltas
  uint64_t lost_samples = 0;
  std::vector<std::string> comments;
  std::string text_trailer;

  // Labels that distinguish samples which the text form sums up, e.g. a thread's id.
  std::vector<std::string> labels_not_in_text;
  std::vector<ThreadNote> thread_notes;  // one per sample, or empty
  bool dump_for_go_tools = false;  // restricts the full dump to what readers of Go's dumps accept
  std::string dump_preface;        // lines before the first thread in a full dump

  std::vector<Mapping> mappings;  // the main executable first
  std::vector<Location> locations;
  std::vector<std::string> frame_names;  // of frames with a name instead of an address
  std::vector<std::vector<Label>> label_sets{{}};

  std::vector<Sample> samples;
  std::vector<uint32_t> frames;        // indexes in `locations`, leaf first
  std::vector<int64_t> sample_values;  // values.size() numbers per sample

  IndexTable by_return_address;  // the locations of permanent stacks

  const int64_t* ValuesOf(size_t sample) const { return &sample_values[sample * values.size()]; }

  // Index in `locations` of one frame, leaf first. REQUIRES: the sample is of this profile.
  uint32_t LocationOf(const Sample& sample, uint32_t frame) const {
    if (!sample.is_permanent()) return frames[sample.first_frame + frame];
    return LocationAt(sample.return_addresses()[frame]);
  }
  // The location of a permanent stack's return address, or IndexTable::kNone.
  uint32_t LocationAt(uintptr_t return_address) const {
    const uint64_t call = return_address == 0 ? 0 : return_address - 1;
    return by_return_address.Find(MixHash(return_address),
                                  [&](uint32_t i) { return locations[i].address == call; });
  }
};

}  // namespace pprof::model
