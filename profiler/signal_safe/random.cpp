#include "profiler/signal_safe/random.h"

#include <atomic>

#include "profiler/signal_safe/thread_state.h"
#include "profiler/sys/time/clock.h"

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

void Seed(ThreadState& thread) {
  const uint64_t entropy = sys::MonotonicNanos() ^ reinterpret_cast<uintptr_t>(&thread) ^
                           (seeds_given.fetch_add(1, std::memory_order_relaxed) << 48);
  thread.random_state = Mix(entropy) | 1;
  thread.started = true;
}

}  // namespace

// xorshift64 (Marsaglia 2003), with a multiplication to improve its weak low bits.
uint64_t NextRandom() {
  ThreadState& thread = thread_state;
  if (!thread.started) Seed(thread);
  uint64_t state = thread.random_state;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  thread.random_state = state;
  return state * 0x2545F4914F6CDD1D;
}

}  // namespace pprof::signal_safe
