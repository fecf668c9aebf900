// Sets of address ranges.
#pragma once

#include <cstdint>
#include <vector>

#include "profiler/profiles/holders/objects/tcmalloc_spans.h"

namespace pprof::profiles::holders {

using Ranges = std::vector<AddressRange>;

// Sorts them, and joins those that touch or overlap. Thread safety: safe.
void Normalize(Ranges* ranges);

// The parts of `range` that are in none of `holes`, ascending. REQUIRES: `holes` are normalized.
Ranges Without(const AddressRange& range, const Ranges& holes);

}  // namespace pprof::profiles::holders
