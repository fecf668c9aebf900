#include "profiler/profiles/builtin.h"

namespace pprof::profiles {

std::vector<ProfileType> BuiltinTypes() {
  return {HeapProfile(), AllocsProfile(), PeakProfile(),  GoroutineProfile(), ThreadCreateProfile(),
          CpuProfile(),  WallProfile(),   BlockProfile(), MutexProfile()};
}

}  // namespace pprof::profiles
