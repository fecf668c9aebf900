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

  LoadedWord Load(uintptr_t address) const {
    LoadedWord word{0, true};
    const uintptr_t offset = address - base_;
    if (offset < copy_.size && copy_.size - offset >= sizeof word.value) {
      std::memcpy(&word.value, static_cast<const char*>(copy_.bytes) + offset, sizeof word.value);
    } else {
      word.ok = copy_.more.load != nullptr && copy_.more.Load(address, &word.value);
    }
    return word;
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
  uintptr_t* sps = nullptr;  // optional
};

// False: a second walk with tracking may go further.
template <class Memory>
bool WalkOnce(const Registers& from, Memory& memory, bool tracking, const Room& room,
              UnwindResult* result) {
  StackWalk<Memory> walk(from, memory, tracking);
  size_t depth = 0;
  result->end = walk.Run([&depth, &room](uintptr_t pc, uintptr_t sp) {
    if (IsThreadEntry(pc)) return true;
    if (depth == room.max_depth) return false;
    if (room.sps != nullptr) room.sps[depth] = sp;
    room.pcs[depth++] = pc;
    return true;
  });
  result->depth = depth;
  if (result->truncated()) return true;
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
                        size_t max_depth, uintptr_t* sps) {
  return Walk(from, ThreadMemory(bounds, from.sp), {pcs, max_depth, sps});
}

__attribute__((noinline)) UnwindResult UnwindOwnStack(uintptr_t* pcs, size_t max_depth) {
  RegisterFile preserved;
  CapturePreserved(&preserved);
  Registers here = CaptureRegisters();
  here.others = &preserved;
  return UnwindFrom(here, ThreadStackBounds(), pcs, max_depth);
}

UnwindResult UnwindCopy(const Registers& from, const StackCopy& copy, uintptr_t* pcs,
                        size_t max_depth, uintptr_t* sps) {
  const ModulesStay modules;
  if (!modules.entered()) return {};
  return Walk(from, CopiedMemory(from.sp, copy), {pcs, max_depth, sps});
}

}  // namespace pprof::signal_safe
