#include "profiler/signal_safe/unwind/unwind.h"

#include <atomic>
#include <cstring>

#include "profiler/signal_safe/thread_state.h"
#include "profiler/signal_safe/unwind/module_gate.h"
#include "profiler/signal_safe/unwind/unwind_walk.h"
#include "profiler/sys/memory/own_memory.h"

namespace pprof::signal_safe {
namespace {

// The thread's own stack. AddressSanitizer would abort here: the bytes between a frame's variables
// are no C++ objects.
struct OwnMemory {
  using Word __attribute__((may_alias, aligned(1))) = uintptr_t;
  uintptr_t low;
  uintptr_t high;

  __attribute__((no_sanitize("address"))) bool Load(uintptr_t address, uintptr_t* value) const {
    if (address < low || address > high - sizeof *value) return false;
    *value = *reinterpret_cast<const Word*>(address);
    return true;
  }
};

// `low` of the bounds is a guess: a coroutine's stack or a hole may lie between `sp` and this
// thread's stack, and a load there could fault. Each page is checked once as the stack grows; a
// stack that was there stays as long as its thread.
bool IsReadableUpTo(uintptr_t high, uintptr_t sp) {
  constexpr uintptr_t kPage = 4096;
  uintptr_t& readable = thread_state.stack_readable;
  if (readable != 0 && sp >= readable) return true;
  const uintptr_t end = readable != 0 ? readable : high;
  const uintptr_t first = sp & ~(kPage - 1);
  for (uintptr_t page = first; page < end; page += kPage) {
    if (!sys::IsReadable(page)) return false;
  }
  readable = first;
  return true;
}

// A stack with unknown bounds, e.g. a coroutine's. Read by the kernel, which returns an error
// instead of faulting: 32 words per call, about 0.5 us each.
struct ProbedMemory {
  uintptr_t window[32];
  uintptr_t window_at = 0;

  bool Load(uintptr_t address, uintptr_t* value) {
    if (window_at == 0 || address < window_at ||
        address > window_at + sizeof window - sizeof *value) {
      window_at = sys::ReadOwnMemory(address, window, sizeof window) ? address : 0;
      if (window_at == 0) return sys::ReadOwnMemory(address, value, sizeof *value);
    }
    std::memcpy(value, reinterpret_cast<const char*>(window) + (address - window_at),
                sizeof *value);
    return true;
  }
};

struct CopiedMemory {
  uintptr_t base;  // address of the copy's first byte in the copied thread
  const char* copy;
  size_t bytes;

  bool Load(uintptr_t address, uintptr_t* value) const {
    if (address < base || address - base + sizeof *value > bytes) return false;
    std::memcpy(value, copy + (address - base), sizeof *value);
    return true;
  }
};

// Set at the first pthread_create; 0 until then.
std::atomic<uintptr_t> entry_begin;
std::atomic<uintptr_t> entry_end;

template <class Memory>
UnwindResult Walk(const Registers& from, Memory memory, uintptr_t* pcs, size_t max_depth) {
  UnwindResult result;
  StackWalk<Memory> walk(from, memory);
  do {
    if (IsThreadEntry(walk.frame().pc)) continue;
    if (result.depth == max_depth) {
      result.truncated = true;
      return result;
    }
    pcs[result.depth++] = walk.frame().pc;
  } while (walk.Step());
  result.complete = walk.complete();
  return result;
}

}  // namespace

bool IsThreadEntry(uintptr_t pc) {
  return pc > entry_begin.load(std::memory_order_relaxed) &&
         pc <= entry_end.load(std::memory_order_relaxed);
}

void SetThreadEntryCode(CodeRange range) {
  entry_begin.store(range.begin, std::memory_order_relaxed);
  entry_end.store(range.end, std::memory_order_relaxed);
}

const sys::StackBounds& ThreadStackBounds() {
  sys::StackBounds& bounds = thread_state.stack;
  if (__builtin_expect(bounds.high == 0, 0)) bounds = sys::OwnStackBounds();
  return bounds;
}

UnwindResult UnwindFrom(const Registers& from, const sys::StackBounds& bounds, uintptr_t* pcs,
                        size_t max_depth) {
  // In a function's epilogue the tables refer to values that are already popped. They are still in
  // the 128 bytes below the stack pointer, which signal handlers leave alone.
  constexpr uintptr_t kRedZone = 128;
  const uintptr_t low = from.sp - kRedZone;
  if (low >= bounds.low && from.sp < bounds.high && IsReadableUpTo(bounds.high, low)) {
    return Walk(from, OwnMemory{low, bounds.high}, pcs, max_depth);
  }
  return Walk(from, ProbedMemory{}, pcs, max_depth);
}

__attribute__((noinline)) UnwindResult UnwindOwnStack(uintptr_t* pcs, size_t max_depth) {
  return UnwindFrom(CaptureRegisters(), ThreadStackBounds(), pcs, max_depth);
}

UnwindResult UnwindCopy(const Registers& from, const void* copy, size_t copy_bytes, uintptr_t* pcs,
                        size_t max_depth) {
  const ModulesStay modules;
  if (!modules.entered()) return {};
  return Walk(from, CopiedMemory{from.sp, static_cast<const char*>(copy), copy_bytes}, pcs,
              max_depth);
}

}  // namespace pprof::signal_safe
