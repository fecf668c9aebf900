// The functions of the encoded profile: symbolized ones, and stand-ins for frames that have only
// a name, or none. Also which symbols each mapping claims to have.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiler/model/profile.h"
#include "profiler/model/symbols.h"

namespace pprof::encode {

// The symbols of a mapping. If any flag is true, `pprof` does not symbolize the mapping, so all are
// false when its module has no symbol table or the time limit was hit: readers can still do it.
struct MappingSymbols {
  bool functions = false;     // the same in every profile with this module
  bool filenames = false;     // this and the next: of the lines in this profile
  bool line_numbers = false;  // inlined frames come from the same debug information
};

// Thread safety: safe. REQUIRES: profile and symbols outlive it.
class FunctionTable {
 public:
  FunctionTable(const model::Profile& profile, const model::Symbols& symbols);

  const MappingSymbols& mapping(size_t index) const { return mappings_[index]; }

  // The stand-in function of a location without lines, or 0: readers then show the module and
  // may symbolize it. Depends on the location and its module only: over many profiles of a process
  // one address has one encoding.
  uint64_t StandInFor(const model::Location& location) const;

  // Names of the stand-ins; their ids follow that of the last function in the symbols.
  const std::vector<std::string>& stand_ins() const { return stand_ins_; }

 private:
  bool HasNames(size_t mapping) const;
  void ReadLocation(size_t index);
  void AddStandIns();
  uint64_t AddStandIn(std::string name);

  const model::Profile& profile_;
  const model::Symbols& symbols_;
  std::vector<MappingSymbols> mappings_;
  std::vector<std::string> stand_ins_;
  std::vector<uint64_t> of_mapping_;  // ids; 0: none
  uint64_t of_unknown_ = 0;           // for code outside every mapping
  uint64_t first_name_ = 0;           // id of frame_names[0]
};

}  // namespace pprof::encode
