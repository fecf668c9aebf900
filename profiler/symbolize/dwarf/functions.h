// Finds the functions and inlined calls of one unit that contain wanted addresses.
#pragma once

#include <cstdint>
#include <vector>

#include "profiler/symbolize/dwarf/format/unit.h"
#include "profiler/symbolize/dwarf/names.h"
#include "profiler/symbolize/dwarf/pending_location.h"

namespace pprof::symbolize {

// One walk over the DIEs of a unit. Thread safety: none. Not async-signal-safe.
class FunctionScan {
 public:
  // `wanted`: indexes of locations in the unit, ascending. `unit_key` identifies the unit in
  // PendingLocation::unit.
  FunctionScan(const DwarfUnit& unit, uint64_t unit_key, PendingLocations& locations,
               const std::vector<uint32_t>& wanted, NameTable& names);

  // Errors: a damaged unit yields the functions before the damage.
  void Run();

 private:
  // Attributes of a function or an inlined call.
  struct Subroutine {
    FormValue low, high, ranges, origin;
    uint32_t call_file = 0;
    uint32_t call_line = 0;
    uint64_t sibling = 0;  // 0: not recorded
  };
  struct OpenFunction {
    const uint8_t* position;  // of its DIE
    uint32_t depth;
  };

  void Walk(bool jump);
  bool Step(sys::ByteCursor& cursor, bool jump);
  bool EnterSubroutine(sys::ByteCursor& cursor, const Abbrev& abbrev, const uint8_t* position,
                       bool jump);
  Subroutine ReadSubroutine(sys::ByteCursor& cursor, const Abbrev& abbrev) const;
  uint64_t ReadSibling(sys::ByteCursor cursor, const Abbrev& abbrev) const;
  bool JumpTo(sys::ByteCursor& cursor, uint64_t sibling) const;
  // Both return whether the DIE contains a wanted address.
  bool AddFunction(const uint8_t* position, const Subroutine& function);
  bool AddInlinedCall(const Subroutine& call);
  void CollectRanges(const Subroutine& subroutine);
  template <typename Visitor>
  bool ForEachLocation(const AddressRange& range, Visitor visit);
  bool EveryLocationHasFunction() const;

  const DwarfUnit& unit_;
  const uint64_t unit_key_;
  PendingLocations& locations_;
  const std::vector<uint32_t>& wanted_;
  NameTable& names_;
  std::vector<uint64_t> addresses_;  // of wanted_
  std::vector<bool> settled_;        // of wanted_: found in the first walk, not to be repeated
  std::vector<AddressRange> ranges_;
  std::vector<OpenFunction> open_;  // those around the current DIE that contain wanted addresses
  uint32_t depth_ = 0;
};

}  // namespace pprof::symbolize
