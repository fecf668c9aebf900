#include <gperftools/profiler.h>

#include "tests/bench/threads/storm_sampler.h"

namespace pprof::bench {

void StartStormSampling() {
  if (ProfilerStart("/dev/null") == 0) std::abort();
}

unsigned long StopStormSampling() {
  ProfilerState state;
  ProfilerGetCurrentState(&state);
  ProfilerStop();
  return static_cast<unsigned long>(state.samples_gathered);
}

}  // namespace pprof::bench
