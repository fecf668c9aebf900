#include "profiler/signal_safe/unwind/careful_step.h"

#include "profiler/signal_safe/unwind/cfi/apply_rules.h"
#include "profiler/signal_safe/unwind/row_cache.h"
#include "profiler/signal_safe/unwind/row_of_address.h"
#include "profiler/sys/modules/unwind_info.h"
#include "profiler/sys/thread/signal_context.h"

namespace pprof::signal_safe {
namespace {

using namespace dwarf_register;  // NOLINT: numbers only

// Rules whose row alone leads to the caller.
bool IsBasedOnRegister(CfaRule rule) {
  return rule == CfaRule::kStack || rule == CfaRule::kRbp || rule == CfaRule::kCode;
}

bool IsPreservedByCalls(int number) { return number >= kR12 && number <= kR15; }

// Whether a walk goes on at `pc`: it follows a call, or the kernel put it there.
bool IsReturnAddress(uintptr_t pc) {
  if (pc < kLowestCode) return false;
  const UnwindRow row = FindRow(pc - 1, pc);
  return row.after_call || row.cfa == CfaRule::kSignal;
}

}  // namespace

bool CarefulStep::Run() {
  const UnwindRow row = FindRow(frame_.address(), frame_.pc);
  switch (row.cfa) {
    case CfaRule::kEndOfStack:
      return End(StackEnd::kRoot);
    case CfaRule::kSignal:
      return StepOverSignal();
    case CfaRule::kCode:
    case CfaRule::kNoEntry:
    case CfaRule::kNoModule:
      return StepWithoutEntry(row);
    case CfaRule::kGeneral:
      return StepByRules();
    default:
      return frame_.tracking ? StepByRules() : StepByTable(row);
  }
}

// An interrupted function may be assembler with wrong tables: the code knows better if it leads to
// a return address and the table does not.
bool CarefulStep::StepByTable(const UnwindRow& row) {
  Caller caller{};
  const bool found = FindCaller(row, &caller);
  if (found && (!frame_.exact || caller.pc == 0 || IsReturnAddress(caller.pc))) {
    return Enter(caller);
  }
  Caller other{};
  if (frame_.exact && StepByCode(RowByCode(frame_.pc), &other)) return Enter(other);
  return found && Enter(caller);
}

bool CarefulStep::StepByRules() {
  FrameRules rules;
  if (!RulesOfAddress(frame_.address(), &rules)) return End(StackEnd::kNoUnwindInfo);
  const RegisterFile registers = ReadAll();
  RegisterFile restored;
  frame_.more_could_be_tracked = !frame_.tracking;
  const Evaluation result = ApplyRules(rules, registers, memory_, &restored);
  if (result == Evaluation::kUnknownRegister) return End(StackEnd::kUnknownRegister);
  if (result != Evaluation::kDone) return End(StackEnd::kBrokenFrame);
  Caller caller{};
  caller.pc = restored.values[kReturnAddress];
  caller.sp = restored.values[kRsp];
  caller.rbp_known = restored.Knows(kRbp);
  caller.rbx_known = restored.Knows(kRbx);
  if (caller.rbp_known) caller.rbp = restored.values[kRbp];
  if (caller.rbx_known) caller.rbx = restored.values[kRbx];
  caller.exact = rules.signal_frame;
  if (!Enter(caller)) return false;
  frame_.tracked = restored;
  return true;
}

// The kernel placed a ucontext at the trampoline's stack pointer.
bool CarefulStep::StepOverSignal() {
  frame_.context = frame_.sp;
  frame_.others = nullptr;
  frame_.fresh = true;
  Caller interrupted{};
  if (!ReadOther(kReturnAddress, &interrupted.pc) || !ReadOther(kRsp, &interrupted.sp)) {
    return End(StackEnd::kBrokenFrame);
  }
  interrupted.rbp_known = ReadOther(kRbp, &interrupted.rbp);
  interrupted.rbx_known = ReadOther(kRbx, &interrupted.rbx);
  interrupted.exact = true;
  if (!Enter(interrupted)) return false;
  frame_.fresh = true;
  return true;
}

// What the code says, and where frame pointers lead, each believed if it leads to a return address.
// JIT-compiled code mostly keeps frame pointers, and its code is not cached.
bool CarefulStep::StepWithoutEntry(const UnwindRow& row) {
  Caller caller{};
  const bool pointer_first = row.cfa == CfaRule::kNoModule && !frame_.exact;
  if (pointer_first && StepByFramePointer(&caller)) return Enter(caller);
  const UnwindRow by_code = row.cfa == CfaRule::kNoModule ? RowByCode(frame_.pc) : row;
  if (StepByCode(by_code, &caller)) return Enter(caller);
  const bool no_caller = caller.pc == 0 && by_code.cfa == CfaRule::kCode;
  if (!pointer_first && StepByFramePointer(&caller)) return Enter(caller);
  // The outermost function has no return address, or no caller's frame pointer.
  const bool is_root = no_caller || (frame_.rbp_known && frame_.rbp == 0);
  return End(is_root ? StackEnd::kRoot : StackEnd::kNoUnwindInfo);
}

bool CarefulStep::StepByCode(const UnwindRow& row, Caller* caller) {
  if (row.cfa != CfaRule::kCode || !FindCaller(row, caller)) return false;
  return IsPlausible(*caller) || LooksInterrupted(caller);
}

// Go's runtime makes an interrupted function call another one: the return address follows no call.
// Believed if the interrupted function's own frame leads to a return address.
bool CarefulStep::LooksInterrupted(Caller* caller) {
  const UnwindRow row = FindRow(caller->pc, caller->pc);
  if (!IsBasedOnRegister(row.cfa) || frame_.tracking) return false;
  WalkState interrupted = frame_;
  Move(*caller, &interrupted);
  Caller next{};
  caller->exact =
      CarefulStep(interrupted, memory_).FindCaller(row, &next) && IsReturnAddress(next.pc);
  return caller->exact;
}

// The frame may be on another stack, far from this one.
bool CarefulStep::StepByFramePointer(Caller* caller) {
  constexpr uintptr_t kFarAway = 1 << 16;
  if (!frame_.rbp_known || (frame_.rbp & 7) != 0 || frame_.rbp == 0 ||
      !memory_.Load(frame_.rbp, &caller->rbp) || !memory_.Load(frame_.rbp + 8, &caller->pc)) {
    return false;
  }
  caller->sp = frame_.rbp + 16;
  caller->rbp_known = true;
  caller->rbx_known = false;
  const bool goes_up = caller->sp > frame_.sp || frame_.sp - caller->sp > kFarAway;
  return goes_up && IsPlausible(*caller);
}

// Threads of some runtimes begin in the middle of a function, with a frame pointer of 0.
bool CarefulStep::IsPlausible(const Caller& caller) {
  if (IsReturnAddress(caller.pc)) return true;
  return caller.rbp_known && caller.rbp == 0 && (caller.pc == 0 || sys::IsModuleCode(caller.pc));
}

bool CarefulStep::FindCaller(const UnwindRow& row, Caller* caller) {
  uintptr_t cfa = 0;
  if (!FindCfa(row, &cfa)) return false;
  if ((cfa & 7) != 0 || !memory_.Load(cfa - 8, &caller->pc)) return End(StackEnd::kBrokenFrame);
  // Code that changes stacks may go anywhere, other code only up.
  if (cfa <= frame_.sp && !IsReturnAddress(caller->pc)) return End(StackEnd::kBrokenFrame);
  caller->sp = cfa;
  Restore(row.rbp, cfa, kRbp, &caller->rbp, &caller->rbp_known);
  Restore(row.rbx, cfa, kRbx, &caller->rbx, &caller->rbx_known);
  return true;
}

bool CarefulStep::FindCfa(const UnwindRow& row, uintptr_t* cfa) {
  uintptr_t base = 0;
  if (!ReadRegister(row.base, &base)) {
    frame_.more_could_be_tracked |= !frame_.tracking && IsPreservedByCalls(row.base);
    return End(StackEnd::kUnknownRegister);
  }
  *cfa = base + static_cast<uintptr_t>(intptr_t{row.offset});
  if (row.cfa != CfaRule::kDeref) return true;
  if (!memory_.Load(*cfa, cfa)) return End(StackEnd::kBrokenFrame);
  *cfa += static_cast<uintptr_t>(intptr_t{row.addend});
  return true;
}

void CarefulStep::Restore(SavedRegister saved, uintptr_t cfa, int number, uintptr_t* value,
                          bool* known) {
  const auto offset = static_cast<uintptr_t>(intptr_t{saved.offset});
  switch (saved.rule) {
    case Saved::kSame:
      *known = ReadRegister(number, value);
      return;
    case Saved::kAtCfa:
      *known = memory_.Load(cfa + offset, value);
      return;
    case Saved::kAtRbp:
      *known = frame_.rbp_known && memory_.Load(frame_.rbp + offset, value);
      return;
    case Saved::kLost:
      *known = false;
  }
}

bool CarefulStep::ReadRegister(int number, uintptr_t* value) {
  switch (number) {
    case kRsp:
      *value = frame_.sp;
      return true;
    case kRbp:
      *value = frame_.rbp;
      return frame_.rbp_known;
    case kRbx:
      *value = frame_.rbx;
      return frame_.rbx_known;
    case kReturnAddress:
      *value = frame_.pc;
      return true;
    default:
      return ReadOther(number, value);
  }
}

bool CarefulStep::ReadOther(int number, uintptr_t* value) {
  if (!frame_.fresh && frame_.tracking) {
    *value = frame_.tracked.values[number];
    return frame_.tracked.Knows(static_cast<uint64_t>(number));
  }
  if (!frame_.fresh && IsPreservedByCalls(number)) return false;
  if (frame_.context != 0) return memory_.Load(frame_.context + sys::ContextOffset(number), value);
  if (frame_.others == nullptr || !frame_.others->Knows(static_cast<uint64_t>(number))) {
    return false;
  }
  *value = frame_.others->values[number];
  return true;
}

RegisterFile CarefulStep::ReadAll() {
  RegisterFile all;
  for (int number = 0; number < kCount; ++number) {
    uintptr_t value = 0;
    if (ReadRegister(number, &value)) all.Set(number, value);
  }
  return all;
}

bool CarefulStep::Enter(const Caller& caller) {
  if (caller.pc < kLowestCode) {
    return End(caller.pc == 0 ? StackEnd::kRoot : StackEnd::kBrokenFrame);
  }
  Move(caller, &frame_);
  return true;
}

void CarefulStep::Move(const Caller& caller, WalkState* frame) {
  static_cast<CommonFrame&>(*frame) = static_cast<const CommonFrame&>(caller);
  frame->exact = caller.exact;
  frame->fresh = false;
  frame->tracked.known = 0;
}

bool CarefulStep::End(StackEnd why) {
  frame_.end = why;
  return false;
}

}  // namespace pprof::signal_safe
