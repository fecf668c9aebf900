// Finds the enclosing DIE of others: a DIE does not refer to its parent.
#pragma once

#include "profiler/symbolize/dwarf/format/unit.h"
#include "profiler/symbolize/dwarf/names.h"

namespace pprof::symbolize {

// Sets the scope of every name of `unit` that requested it. Walks the unit once more, skipping
// subtrees without wanted DIEs if the compiler recorded their ends. Errors: names in damaged units
// remain unqualified. Thread safety: none. Not async-signal-safe.
void FindScopes(const DwarfUnit& unit, NameTable& names);

}  // namespace pprof::symbolize
