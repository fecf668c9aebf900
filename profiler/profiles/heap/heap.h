// The profiles of the heap family. Defined in heap.cpp, listed in builtin.cpp.
#pragma once

#include "pprof/pprof.h"

namespace pprof::profiles {

ProfileType HeapProfile();
ProfileType AllocsProfile();
ProfileType PeakProfile();

}  // namespace pprof::profiles
