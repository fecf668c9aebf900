// The slow path that malloc, its like and operator new share.
#pragma once

#include <cstddef>
#include <cstdint>

#include "profiler/interpose/allocation/real_allocator.h"
#include "profiler/signal_safe/hooks/on_alloc.h"

namespace pprof::interpose {

namespace hooks = pprof::signal_safe;

// The allocation of `size` bytes after a countdown that ended. The real function fails, throws and
// calls the new-handler as usual; only a success is reported.
template <class Function, class... Arguments>
__attribute__((always_inline)) inline void* AllocateSlowly(size_t size, void* caller,
                                                           Function RealAllocator::*function,
                                                           Arguments... arguments) {
  Settle(caller);
  if (real.*function != sampled.*function) return (real.*function)(arguments...);
  const uint64_t interval = hooks::OnCountdownEnd(size);
  void* block = (sampled.*function)(arguments...);
  if (__builtin_expect(interval != 0 && block != nullptr, 0)) {
    hooks::OnAlloc(block, size, interval, caller);
  }
  return block;
}

}  // namespace pprof::interpose
