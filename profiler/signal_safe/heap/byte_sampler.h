// Counts down a thread's allocated bytes to the next sampling point.
//
// Sampling points lie on each thread's stream of allocated bytes at exponential distances (a
// Poisson process), so an object that counts n bytes is hit with probability 1 - exp(-n/interval),
// whatever came before. Its weight is the reciprocal: sums of weights are unbiased (Horvitz and
// Thompson, 1952). Weighting each sample, not a stack's average size, keeps object counts correct
// for stacks of mixed sizes, where averaging is wrong by up to 1000 times.
#pragma once

#include <cstddef>
#include <cstdint>

#include "profiler/signal_safe/heap/countdown.h"
#include "profiler/signal_safe/heap/exponential.h"
#include "profiler/signal_safe/thread_state.h"

namespace pprof::signal_safe {

// What a block of `size` bytes counts: one byte more, since blocks of malloc(0) take memory, too.
// SIZE_MAX counts nothing; there is no such block. Async-signal-safe.
inline uint64_t CountedBytes(size_t size) { return uint64_t{size} + 1; }

// The inlined fast path: counts a block of `size` bytes down. True: nothing to do. False: call
// Expired(). Async-signal-safe.
// The borrow, not the sign, is tested: a malloc of more than 2^63 bytes must not stop the sampling.
// In assembly: compilers load, subtract, store and compare, which is 4 instructions of malloc more.
__attribute__((always_inline)) inline bool CountDown(size_t size) {
  bool ended;
  __asm__("subq %[bytes], %[left]"
          : [left] "+m"(thread_state.bytes_left), "=@ccb"(ended)
          : [bytes] "er"(CountedBytes(size)));
  return __builtin_expect(!ended, 1);
}

// Takes a CountDown(size) back, whatever it returned. Async-signal-safe.
inline void CountBack(size_t size) { thread_state.bytes_left += CountedBytes(size); }

// After CountDown(size) returned false: re-arms the countdown with `interval` (0: off). Returns
// the interval to weight this block with, the one its sampling point was drawn with; 0: not
// sampled. Async-signal-safe.
uint64_t Expired(size_t size, uint64_t interval);

// Number of objects of this size that one sample represents. Async-signal-safe.
// REQUIRES: interval > 0.
inline double WeightOf(size_t size, uint64_t interval) {
  return 1 /
         HitProbability(static_cast<double>(CountedBytes(size)) / static_cast<double>(interval));
}

}  // namespace pprof::signal_safe
