#include "profiler/profiles/builtin.h"

#include "profiler/profiles/contention/contention.h"
#include "profiler/profiles/cpu/cpu.h"
#include "profiler/profiles/heap/heap.h"
#include "profiler/profiles/threads/threads.h"
#include "profiler/profiles/wall/wall.h"

namespace pprof::profiles {

std::vector<ProfileType> BuiltinTypes() {
  return {HeapProfile(), AllocsProfile(), PeakProfile(),  GoroutineProfile(), ThreadCreateProfile(),
          CpuProfile(),  WallProfile(),   BlockProfile(), MutexProfile()};
}

}  // namespace pprof::profiles
