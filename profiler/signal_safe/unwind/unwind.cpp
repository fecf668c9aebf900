#include "profiler/signal_safe/unwind/unwind.h"

#include <atomic>
#include <cstring>

#include "profiler/signal_safe/thread_state.h"
#include "profiler/signal_safe/unwind/module_gate.h"
#include "profiler/signal_safe/unwind/thread_memory.h"
#include "profiler/signal_safe/unwind/unwind_walk.h"

namespace pprof::signal_safe {
namespace {

class CopiedMemory {
 public:
  CopiedMemory(uintptr_t base, const StackCopy& copy) : base_(base), copy_(copy) {}

  bool Load(uintptr_t address, uintptr_t* value) const {
    const uintptr_t offset = address - base_;
    if (address < base_ || copy_.size < sizeof *value || offset > copy_.size - sizeof *value) {
      return copy_.more.load != nullptr && copy_.more.Load(address, value);
    }
    std::memcpy(value, static_cast<const char*>(copy_.bytes) + offset, sizeof *value);
    return true;
  }

 private:
  uintptr_t base_;  // address of the copy's first byte in the copied thread
  const StackCopy& copy_;
};

// Set at the first pthread_create; 0 until then.
std::atomic<uintptr_t> entry_begin;
std::atomic<uintptr_t> entry_end;

struct Room {
  uintptr_t* pcs;
  size_t max_depth;
};

// False: a second walk with tracking may go further.
template <class Memory>
bool WalkOnce(const Registers& from, Memory& memory, bool tracking, const Room& room,
              UnwindResult* result) {
  StackWalk<Memory> walk(from, memory, tracking);
  result->depth = 0;
  do {
    if (IsThreadEntry(walk.state().pc)) continue;
    if (result->depth == room.max_depth) {
      result->end = StackEnd::kTruncated;
      return true;
    }
    room.pcs[result->depth++] = walk.state().pc;
  } while (walk.Step());
  result->end = walk.state().end;
  return !walk.state().needs_tracking();
}

template <class Memory>
UnwindResult Walk(const Registers& from, Memory memory, const Room& room) {
  UnwindResult result;
  if (!WalkOnce(from, memory, false, room, &result)) WalkOnce(from, memory, true, room, &result);
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
  if (__builtin_expect(bounds.high == 0, 0)) bounds = sys::OwnStackBounds(0);
  return bounds;
}

UnwindResult UnwindFrom(const Registers& from, const sys::StackBounds& bounds, uintptr_t* pcs,
                        size_t max_depth) {
  return Walk(from, ThreadMemory(bounds, from.sp), {pcs, max_depth});
}

__attribute__((noinline)) UnwindResult UnwindOwnStack(uintptr_t* pcs, size_t max_depth) {
  RegisterFile preserved;
  CapturePreserved(&preserved);
  Registers here = CaptureRegisters();
  here.others = &preserved;
  return UnwindFrom(here, ThreadStackBounds(), pcs, max_depth);
}

UnwindResult UnwindCopy(const Registers& from, const StackCopy& copy, uintptr_t* pcs,
                        size_t max_depth) {
  const ModulesStay modules;
  if (!modules.entered()) return {};
  return Walk(from, CopiedMemory(from.sp, copy), {pcs, max_depth});
}

}  // namespace pprof::signal_safe
