#include "profiler/signal_safe/unwind/thread_memory.h"

#include <cstring>

#include "profiler/sys/memory/own_memory.h"

namespace pprof::signal_safe {
ThreadMemory::ThreadMemory(const sys::StackBounds& bounds, uintptr_t sp) : low_(bounds.high) {
  // On its own stack the thread needs everything above `sp`. Anywhere else, as on a coroutine's
  // stack, memory above may be unmapped while the walk goes on.
  const bool own = sp >= bounds.low && sp < bounds.high - sizeof(uintptr_t);
  if (!own) return;
  // In a function's epilogue the tables refer to values that are already popped. They are still in
  // the 128 bytes below the stack pointer, which signal handlers leave alone.
  constexpr uintptr_t kRedZone = 128;
  constexpr uintptr_t kPage = 4096;
  const uintptr_t page = sp & ~(kPage - 1);
  low_ = sp - page > kRedZone ? sp - kRedZone : page;
  size_ = bounds.high - low_ - (sizeof(uintptr_t) - 1);
}

void ThreadMemory::ReadWindow(uintptr_t begin) {
  window_begin_ = begin;
  window_size_ = sys::CopyOwnMemory(begin, window_, sizeof window_);
}

LoadedWord ThreadMemory::LoadElsewhere(uintptr_t address) {
  constexpr uintptr_t kBefore = 64;  // a frame saves registers below its return address
  if (!WindowHolds(address)) ReadWindow(address - kBefore);
  if (!WindowHolds(address)) ReadWindow(address);
  LoadedWord word{0, WindowHolds(address)};
  if (word.ok) std::memcpy(&word.value, window_ + (address - window_begin_), sizeof word.value);
  return word;
}

}  // namespace pprof::signal_safe
