#include "profiler/signal_safe/heap/byte_sampler.h"

#include "profiler/signal_safe/random.h"

namespace pprof::signal_safe {
namespace {

// Distance to the next sampling point in bytes.
double DrawDistance(uint64_t interval) {
  return -Log(NextUniform()) * static_cast<double>(interval);
}

}  // namespace

uint64_t Expired(size_t size, uint64_t interval) {
  return EndCountdown(thread_state, CountedBytes(size), interval, DrawDistance);
}

}  // namespace pprof::signal_safe
