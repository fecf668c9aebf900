#include "profiler/profiles/builtin.h"

#include "profiler/profiles/contention.h"
#include "profiler/profiles/heap.h"

namespace pprof::profiles {

std::vector<ProfileType> BuiltinTypes() {
  return {HeapProfile(), AllocsProfile(), PeakProfile(), BlockProfile(), MutexProfile()};
}

}  // namespace pprof::profiles
