// No profiler in the process: for perf, which samples from outside.
#include "tests/bench/threads/cpu_sampler.h"

namespace pprof::bench {
void StartSampling(int) {}
Sampled StopSampling() { return {}; }
}  // namespace pprof::bench
