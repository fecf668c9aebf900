#include "profiler/signal_safe/byte_sampler.h"

#include <atomic>

#include "profiler/sys/monotonic_clock.h"

namespace pprof::signal_safe {
namespace {

std::atomic<uint64_t> seeds_given{0};

// SplitMix64 (Steele, Lea, Flood 2014): spreads a poor seed over all bits.
uint64_t Mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

// xorshift64 (Marsaglia 2003) with a multiply for its weak low bits.
uint64_t NextRandom(uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state * 0x2545F4914F6CDD1D;
}

void Seed(ThreadState& thread) {
  const uint64_t entropy = sys::MonotonicNanos() ^ reinterpret_cast<uintptr_t>(&thread) ^
                           (seeds_given.fetch_add(1, std::memory_order_relaxed) << 48);
  thread.random_state = Mix(entropy) | 1;
  thread.started = true;
}

// Bytes to the next sampling point.
double DrawDistance(ThreadState& thread, uint64_t interval) {
  const double uniform = static_cast<double>((NextRandom(thread.random_state) >> 11) + 1) * 0x1p-53;
  return -Log(uniform) * static_cast<double>(interval);  // uniform in (0, 1]
}

void Arm(ThreadState& thread, uint64_t interval, double distance) {
  thread.interval = interval;
  thread.sample_at_zero = interval != 0 && distance <= static_cast<double>(kLongestCountdown);
  thread.bytes_left = thread.sample_at_zero ? static_cast<uint64_t>(distance) : kLongestCountdown;
}

}  // namespace

uint64_t Expired(size_t bytes, uint64_t interval) {
  ThreadState& thread = thread_state;
  if (!thread.started) Seed(thread);
  const uint64_t drawn_with = thread.sample_at_zero ? thread.interval : 0;
  // How far these bytes reach beyond the end of the old countdown.
  const uint64_t beyond = 0 - thread.bytes_left;
  double distance = interval != 0 ? DrawDistance(thread, interval) : 0;
  if (drawn_with == 0 && interval != 0) {
    // No point was at the end of the old countdown; is there one in the rest of this object?
    const double rest = static_cast<double>(beyond < bytes ? beyond : bytes);
    if (distance < rest) {
      Arm(thread, interval, DrawDistance(thread, interval));
      return interval;
    }
    distance -= rest;
  }
  Arm(thread, interval, distance);
  return drawn_with;
}

}  // namespace pprof::signal_safe
