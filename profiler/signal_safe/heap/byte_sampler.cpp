#include "profiler/signal_safe/heap/byte_sampler.h"

#include "profiler/signal_safe/random.h"

namespace pprof::signal_safe {
namespace {

// Distance to the next sampling point in bytes.
double DrawDistance(uint64_t interval) {
  return -Log(NextUniform()) * static_cast<double>(interval);
}

void Arm(ThreadState& thread, uint64_t interval, double distance) {
  thread.interval = interval;
  thread.sample_at_zero = interval != 0 && distance <= static_cast<double>(kLongestCountdown);
  thread.bytes_left = thread.sample_at_zero ? static_cast<uint64_t>(distance) : kLongestCountdown;
}

}  // namespace

uint64_t Expired(size_t size, uint64_t interval) {
  const uint64_t bytes = CountedBytes(size);
  ThreadState& thread = thread_state;
  const uint64_t drawn_with = thread.sample_at_zero ? thread.interval : 0;
  // Bytes beyond the end of the old countdown.
  const uint64_t beyond = 0 - thread.bytes_left;
  double distance = interval != 0 ? DrawDistance(interval) : 0;
  if (drawn_with == 0 && interval != 0) {
    // The old countdown did not end at a sampling point; look for one in the rest of this object.
    const double rest = static_cast<double>(beyond < bytes ? beyond : bytes);
    if (distance < rest) {
      Arm(thread, interval, DrawDistance(interval));
      return interval;
    }
    distance -= rest;
  }
  Arm(thread, interval, distance);
  return drawn_with;
}

}  // namespace pprof::signal_safe
