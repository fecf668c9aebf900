// The functions of the encoded profile: those that symbolizing found, and stand-ins for frames that
// have a name only or none. Also what each mapping may claim about its symbols.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiler/model/profile.h"
#include "profiler/model/symbols.h"

namespace pprof::encode {

// What was really found in a mapping. Any one true keeps `pprof` from looking itself, so all are
// false where nothing was found, or not all for lack of time: it can still be done elsewhere.
struct MappingSymbols {
  bool functions = false;
  bool filenames = false;
  bool line_numbers = false;  // inlined frames come from the same debug information
};

// Thread safety: safe once made. REQUIRES: profile and symbols outlive it.
class FunctionTable {
 public:
  FunctionTable(const model::Profile& profile, const model::Symbols& symbols);

  const MappingSymbols& mapping(size_t index) const { return mappings_[index]; }

  // The function that stands for a location without lines, or 0 for "none": then readers show the
  // module, and may symbolize it.
  uint64_t StandInFor(const model::Location& location) const;

  // Names of the stand-ins; the first one has the id after the last function of the symbols.
  const std::vector<std::string>& stand_ins() const { return stand_ins_; }

 private:
  void ReadLocation(size_t index);
  void AddStandIns();
  uint64_t AddStandIn(std::string name);

  const model::Profile& profile_;
  const model::Symbols& symbols_;
  std::vector<MappingSymbols> mappings_;
  std::vector<std::string> stand_ins_;
  std::vector<uint64_t> of_mapping_;  // ids; 0: none
  uint64_t of_unknown_ = 0;           // for code outside of every mapping
  uint64_t first_name_ = 0;           // id of frame_names[0]
};

}  // namespace pprof::encode
