// A stack of a known depth.
#pragma once

#include <functional>

namespace pprof::signal_safe {

// Calls `at_the_end` below `depth` frames of its own.
__attribute__((noinline)) inline int Recurse(int depth, const std::function<void()>& at_the_end) {
  if (depth == 0) {
    at_the_end();
    return 0;
  }
  const int below = Recurse(depth - 1, at_the_end);
  asm volatile("");  // prevents turning the recursion into a loop
  return below + 1;
}

}  // namespace pprof::signal_safe
