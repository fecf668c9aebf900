#include "profiler/profiles/builtin.h"

namespace pprof::profiles {

std::vector<ProfileType> BuiltinTypes() {
  return {HeapProfile(),         AllocsProfile(), PeakProfile(), PoolsProfile(), GoroutineProfile(),
          ThreadCreateProfile(), CpuProfile(),    WallProfile(), BlockProfile(), MutexProfile()};
}

}  // namespace pprof::profiles
