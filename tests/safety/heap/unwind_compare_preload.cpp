// A preload library that takes every heap sample's stack twice: with pprof-cpp's unwinder and
// with libgcc's. Linked before the profiler's archive, so that this CallerStack replaces the one of
// caller_stack.cpp; everything else is as in real programs.
//
//   LD_PRELOAD=... PPROF_CPP_HEAP_INTERVAL=4096 PPROF_TEST_REPORT=/tmp/report program
//
// At exit appends one line to the file: PROGRAM stacks N frames N mismatches N longer N "longer":
// libgcc stopped at code without a table, as it must, and pprof-cpp continued by frame pointers.
#include <dlfcn.h>
#include <errno.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "profiler/signal_safe/unwind/caller_stack.h"
#include "profiler/signal_safe/unwind/row_cache.h"
#include "profiler/signal_safe/unwind/unwind.h"
#include "tests/unit/signal_safe/libgcc_stack.h"

namespace pprof::signal_safe {
namespace {

constexpr size_t kMost = kMaxStackDepth + kMaxOwnFrames;

std::atomic<uint64_t> stacks, frames, mismatches, longer;

struct Mismatch {
  size_t our_depth, their_depth;
  uintptr_t ours[kMost];
  uintptr_t theirs[kMost];
};
Mismatch first_mismatch;

size_t IndexOf(const uintptr_t* pcs, size_t depth, void* caller) {
  size_t index = 0;
  while (index < depth && pcs[index] != reinterpret_cast<uintptr_t>(caller)) ++index;
  return index;
}

void Keep(const uintptr_t* ours, size_t our_depth, const uintptr_t* theirs, size_t their_depth) {
  if (mismatches.fetch_add(1) != 0) return;
  first_mismatch.our_depth = our_depth;
  first_mismatch.their_depth = their_depth < kMost ? their_depth : kMost;
  for (size_t i = 0; i < our_depth; ++i) first_mismatch.ours[i] = ours[i];
  for (size_t i = 0; i < first_mismatch.their_depth; ++i) first_mismatch.theirs[i] = theirs[i];
}

bool HasTable(uintptr_t pc) {
  const CfaRule rule = FindRow(pc - 1, pc).cfa;
  return rule != CfaRule::kCode && rule != CfaRule::kNoEntry && rule != CfaRule::kNoModule;
}

// From the allocator's caller on; before it both have frames of this library.
void Compare(const uintptr_t* ours, size_t our_depth, bool truncated, const uintptr_t* theirs,
             size_t their_depth) {
  size_t same = 0;
  while (same < our_depth && same < their_depth && ours[same] == theirs[same]) ++same;
  stacks.fetch_add(1);
  frames.fetch_add(same);
  if (same == our_depth && (same == their_depth || truncated)) return;
  const bool no_table = same == their_depth && same > 0 && !HasTable(ours[same - 1]);
  if (no_table) {
    longer.fetch_add(1);
  } else {
    Keep(ours, our_depth, theirs, their_depth);
  }
}

void PrintFrames(FILE* out, const char* whose, const uintptr_t* pcs, size_t depth) {
  for (size_t i = 0; i < depth; ++i) {
    Dl_info info{};
    dladdr(reinterpret_cast<void*>(pcs[i]), &info);
    std::fprintf(
        out, "  %s %zu %#lx %s+%#lx %s\n", whose, i, pcs[i], info.dli_fname ? info.dli_fname : "?",
        pcs[i] - reinterpret_cast<uintptr_t>(info.dli_fbase), info.dli_sname ? info.dli_sname : "");
  }
}

__attribute__((destructor)) void Report() {
  const char* path = std::getenv("PPROF_TEST_REPORT");
  FILE* out = path == nullptr ? nullptr : std::fopen(path, "ae");
  if (out == nullptr) return;
  std::fprintf(out, "%s stacks %lu frames %lu mismatches %lu longer %lu\n",
               program_invocation_short_name, stacks.load(), frames.load(), mismatches.load(),
               longer.load());
  if (mismatches != 0) {
    PrintFrames(out, "ours", first_mismatch.ours, first_mismatch.our_depth);
    PrintFrames(out, "libgcc", first_mismatch.theirs, first_mismatch.their_depth);
  }
  std::fclose(out);
}

}  // namespace

CallerStack::CallerStack(void* caller) {
  LibgccStack theirs;
  const UnwindResult result = UnwindOwnStack(pcs_, kMost);
  theirs.Capture();
  theirs.Drop(IsThreadEntry);
  own_ = IndexOf(pcs_, result.depth, caller);
  const size_t their_caller = IndexOf(theirs.pcs, theirs.depth, caller);
  Compare(pcs_ + own_, result.depth - own_, result.truncated(), theirs.pcs + their_caller,
          theirs.depth - their_caller);
  depth_ = result.depth - own_ < kMaxStackDepth ? result.depth - own_ : kMaxStackDepth;
}

}  // namespace pprof::signal_safe
