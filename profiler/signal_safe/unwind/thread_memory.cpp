#include "profiler/signal_safe/unwind/thread_memory.h"

#include <cstring>

#include "profiler/signal_safe/thread_state.h"
#include "profiler/sys/memory/own_memory.h"

namespace pprof::signal_safe {
namespace {

constexpr uintptr_t kPage = 4096;

// The lowest address from which on the thread's stack is readable. `low` of the bounds is a guess:
// a guard page, or the stacks of coroutines, may lie between `sp` and this thread's stack. Pages are
// tried from the top down, since that finds the guard page, and each only once: a stack that was
// there stays as long as its thread.
uintptr_t ReadableFrom(const sys::StackBounds& bounds, uintptr_t sp) {
  constexpr int kMostPages = 64;  // in one walk; a walk from further down is slower meanwhile
  uintptr_t& readable = thread_state.stack_readable;
  if (__builtin_expect(readable != 0 && sp >= readable, 1)) return readable;
  uintptr_t from = readable != 0 ? readable : (bounds.high - 1) & ~(kPage - 1);
  if (readable == 0 && !sys::IsReadable(from)) return bounds.high;
  for (int i = 0; i < kMostPages && sp < from && from > bounds.low; ++i) {
    if (!sys::IsReadable(from - kPage)) break;
    from -= kPage;
  }
  readable = from;
  return from;
}

}  // namespace

ThreadMemory::ThreadMemory(const sys::StackBounds& bounds, uintptr_t sp) {
  // In a function's epilogue the tables refer to values that are already popped. They are still in
  // the 128 bytes below the stack pointer, which signal handlers leave alone.
  constexpr uintptr_t kRedZone = 128;
  const uintptr_t lowest = sp - kRedZone;
  const bool near = lowest >= bounds.low && sp < bounds.high;
  low_ = ReadableFrom(bounds, near ? lowest : bounds.high);
  if (near && lowest >= low_) low_ = lowest;
  size_ = low_ < bounds.high ? bounds.high - low_ - (sizeof(uintptr_t) - 1) : 0;
}

bool ThreadMemory::LoadElsewhere(uintptr_t address, uintptr_t* value) {
  const bool holds = window_at_ != 0 && address - window_at_ <= kWindow - sizeof *value;
  if (!holds) {
    window_at_ = sys::ReadOwnMemory(address, window_, sizeof window_) ? address : 0;
    if (window_at_ == 0) return sys::ReadOwnMemory(address, value, sizeof *value);
  }
  std::memcpy(value, window_ + (address - window_at_), sizeof *value);
  return true;
}

}  // namespace pprof::signal_safe
