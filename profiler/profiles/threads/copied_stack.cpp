#include "profiler/profiles/threads/copied_stack.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "profiler/profiles/threads/credible_stack.h"
#include "profiler/sys/thread/this_thread.h"

namespace pprof::profiles {
namespace {

using signal_safe::StackEnd;

// The registers that hold a system call's arguments, by their DWARF numbers.
signal_safe::RegisterFile ArgumentsOf(const sys::TaskSyscall& call) {
  using namespace signal_safe::dwarf_register;  // NOLINT(google-build-using-namespace): numbers
  constexpr int kOfArguments[] = {kRdi, kRsi, kRdx, kR10, kR8, kR9};
  signal_safe::RegisterFile file;
  if (call.number < 0) return file;
  for (size_t i = 0; i < std::size(kOfArguments); ++i) file.Set(kOfArguments[i], call.arguments[i]);
  return file;
}

bool LeadsOn(const signal_safe::UnwindResult& result) {
  return result.complete() || result.truncated();
}

}  // namespace

bool CopiedStack::Unwind(const sys::TaskSyscall& call, const CopyMemory& copy,
                         std::vector<uintptr_t>* pcs, StackEnd* end) {
  pcs->clear();
  if (!windows_.Begin(call.sp, copy)) return false;
  const signal_safe::RegisterFile arguments = ArgumentsOf(call);
  signal_safe::Registers from;
  from.pc = call.pc;
  from.sp = call.sp;
  from.rbp_known = false;  // /proc does not show it
  from.rbx_known = false;
  from.others = &arguments;
  const signal_safe::UnwindResult result = Walk(from, pcs, &sps_);
  *end = windows_.is_exhausted() && !LeadsOn(result) ? StackEnd::kUnread : result.end;
  if (!LeadsOn(result)) UnwindWithGuessedRbp(from, pcs, end);
  return true;
}

// While another thread unloads a module, walks are refused; they work again a moment later.
signal_safe::UnwindResult CopiedStack::Walk(const signal_safe::Registers& from, Pcs* pcs,
                                            Pcs* sps) {
  constexpr int kTries = 200;
  signal_safe::UnwindResult result;
  pcs->resize(signal_safe::kMaxStackDepth);
  sps->resize(signal_safe::kMaxStackDepth);
  const signal_safe::StackCopy copy{windows_.first(), windows_.first_bytes(), windows_.Reader()};
  for (int i = 0; i < kTries && result.depth == 0; ++i) {
    if (i > 0) sys::Yield();
    result = signal_safe::UnwindCopy(from, copy, pcs->data(), pcs->size(), sps->data());
  }
  pcs->resize(result.depth);
  sps->resize(result.depth);
  return result;
}

// Code with frame pointers needs the rbp that only the kernel has, unless a function on the way
// saved it. Every word that could be the top frame's rbp, since a return address stands beside it,
// is tried from the top frame on; the first that leads to a credible stack is right, a stack that
// needs no jump into the known function before one that does. The word itself tells little: the
// caller may have kept any value in rbp.
void CopiedStack::UnwindWithGuessedRbp(const signal_safe::Registers& from, Pcs* pcs,
                                       StackEnd* end) {
  constexpr size_t kWordsTried = 1024;
  constexpr int kWalksTried = 128;
  const auto* words = static_cast<const uintptr_t*>(windows_.first());
  const size_t count = std::min(windows_.first_bytes() / sizeof words[0], kWordsTried);
  const size_t known = pcs->size();
  Pcs guessed_pcs;
  Pcs guessed_sps;
  Credibility best = Credibility::kNone;
  int walks = 0;
  for (size_t i = 0; known > 0 && i + 1 < count && walks < kWalksTried; ++i) {
    // Two in a row are a list of addresses, as a profiler leaves on a stack.
    if (!IsReturnAddress(words[i + 1]) || IsReturnAddress(words[i])) continue;
    ++walks;
    signal_safe::Registers guessed = from;
    guessed.rbp = from.sp + i * sizeof words[0];
    guessed.rbp_known = true;
    const signal_safe::UnwindResult result = Walk(guessed, &guessed_pcs, &guessed_sps);
    const Credibility credibility = LeadsOn(result)
                                        ? CredibilityOf(guessed_pcs, known, result.truncated())
                                        : Credibility::kNone;
    if (credibility <= best) continue;
    best = credibility;
    pcs->swap(guessed_pcs);
    sps_.swap(guessed_sps);
    *end = result.end;
    if (best == Credibility::kByCall) return;
  }
}

}  // namespace pprof::profiles
