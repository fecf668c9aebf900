#include "profiler/profiles/builtin.h"

namespace pprof::profiles {

std::vector<ProfileType> BuiltinTypes() {
  return {HeapProfile(),         AllocsProfile(),  PeakProfile(), GoroutineProfile(),
          ThreadCreateProfile(), CpuProfile(),     WallProfile(), BlockProfile(),
          MutexProfile(),        HoldersProfile(), LeakProfile()};
}

}  // namespace pprof::profiles
