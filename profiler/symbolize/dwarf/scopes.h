// Finds the DIEs that enclose others: a DIE does not say what it is in.
#pragma once

#include "profiler/symbolize/dwarf/format/unit.h"
#include "profiler/symbolize/dwarf/names.h"

namespace pprof::symbolize {

// Gives every name of `unit` that asked for it the scope it is in. One more walk through the unit,
// which jumps over what encloses nothing wanted, if the compiler recorded where that ends.
// Errors: damaged units leave names unqualified. Not thread-safe. Not signal-safe.
void FindScopes(const DwarfUnit& unit, NameTable& names);

}  // namespace pprof::symbolize
