// SetSampling and GetSampling: the settings that the writer side looks at.
#include "pprof/pprof.h"
#include "profiler/signal_safe/heap_sampler.h"

namespace pprof {

Status SetSampling(const Sampling& sampling) {
  constexpr size_t kLongestInterval = size_t{1} << 40;  // 1 TiB: one sample would mean nothing
  if (sampling.heap_interval > kLongestInterval) {
    return {StatusCode::kInvalidArgument,
            "heap_interval " + std::to_string(sampling.heap_interval) +
                " is too long - must be at most 1099511627776 bytes, or 0 for off"};
  }
  signal_safe::SetHeapInterval(sampling.heap_interval);
  return {};
}

Sampling GetSampling() {
  Sampling sampling;
  sampling.heap_interval = signal_safe::HeapInterval();
  return sampling;
}

}  // namespace pprof
