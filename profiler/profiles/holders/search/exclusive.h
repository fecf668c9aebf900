// Whether a holder is the only one: its root words are taken away, and its blocks are looked for
// again.
#pragma once

#include "profiler/profiles/holders/search/marker.h"
#include "profiler/profiles/holders/search/way_finder.h"

namespace pprof::profiles::holders {

// Sets `held_by` of the targets of one holder, and `other_root` of those that anything else reaches
// from however far. Marks anew, so that the ways must have been found before. `others`: for the
// ways of what is still reached. Leaves them as they are when the budget ends meanwhile.
//
// An approximation: what is still reached only by a way that is more than 12 pointers longer counts
// as held by the holder alone. One stale word that points into a list would otherwise make all
// that is behind it shared.
void CheckHolder(const SearchSpace& space, const WithoutRoots& without, uint32_t holder,
                 Marker* marker, WayFinder* finder, Ways* others);

}  // namespace pprof::profiles::holders
