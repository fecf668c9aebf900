// Bytes to the next sampled byte. One per thread.
//
// Sampling points lie on the stream of a thread's allocated bytes at exponential distances (a
// Poisson process), so an object of `size` bytes is hit with probability 1 - exp(-size/interval),
// whatever came before. Its weight is the reciprocal: sums of weights are unbiased (Horvitz and
// Thompson, 1952). Weighting each sample, not a stack's average size, is what keeps object counts
// right for stacks of mixed sizes: averaging is wrong there by up to 1000 times.
#pragma once

#include <cstddef>
#include <cstdint>

#include "profiler/signal_safe/heap/exponential.h"
#include "profiler/signal_safe/thread_state.h"

namespace pprof::signal_safe {

// A thread looks at the settings at least every 256 KiB it allocates, on or off: a changed interval
// takes effect within that. The distribution does not care: exponential distances have no memory.
constexpr uint64_t kLongestCountdown = uint64_t{256} * 1024;

// The inlined fast path: counts `bytes` down. True: nothing to do. False: call Expired().
// The borrow, not the sign, is tested: a malloc of more than 2^63 bytes must not stop the sampling.
// In assembly: compilers load, subtract, store and compare, which is 4 instructions of malloc more.
__attribute__((always_inline)) inline bool CountDown(size_t bytes) {
  bool ended;
  __asm__("subq %[bytes], %[left]"
          : [left] "+m"(thread_state.bytes_left), "=@ccb"(ended)
          : [bytes] "er"(bytes));
  return __builtin_expect(!ended, 1);
}

// After CountDown(bytes) said false: re-arms the countdown with `interval` (0: off) and says
// whether these bytes hold a sampling point. Then their weight belongs to the returned interval,
// the one the point was drawn with; 0: not sampled.
uint64_t Expired(size_t bytes, uint64_t interval);

// How many objects of this size one sample stands for. REQUIRES: size > 0, interval > 0.
inline double WeightOf(size_t size, uint64_t interval) {
  return 1 / HitProbability(static_cast<double>(size) / static_cast<double>(interval));
}

}  // namespace pprof::signal_safe
