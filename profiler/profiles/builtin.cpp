#include "profiler/profiles/builtin.h"

#include "profiler/profiles/contention.h"
#include "profiler/profiles/cpu.h"
#include "profiler/profiles/heap.h"
#include "profiler/profiles/threads.h"
#include "profiler/profiles/wall.h"

namespace pprof::profiles {

std::vector<ProfileType> BuiltinTypes() {
  return {HeapProfile(), AllocsProfile(), PeakProfile(),  GoroutineProfile(), ThreadCreateProfile(),
          CpuProfile(),  WallProfile(),   BlockProfile(), MutexProfile()};
}

}  // namespace pprof::profiles
