#include <linux/filter.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/memory/sandbox.h"

namespace pprof::sys {
namespace {

bool Punishes(const sock_filter& instruction) {
  if (BPF_CLASS(instruction.code) != BPF_RET) return false;
  if (BPF_RVAL(instruction.code) != BPF_K) return true;  // computed
  const uint32_t action = instruction.k & SECCOMP_RET_ACTION_FULL;
  return action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG && action != SECCOMP_RET_ERRNO;
}

}  // namespace

bool FilterPunishes(const void* program) {
  if (program == nullptr) return true;
  sock_fprog filter{};
  if (!ReadOwnMemory(reinterpret_cast<uintptr_t>(program), &filter, sizeof filter)) return false;
  constexpr size_t kAtOnce = 64;
  sock_filter instructions[kAtOnce];
  for (size_t begin = 0; begin < filter.len; begin += kAtOnce) {
    const size_t count = std::min(kAtOnce, filter.len - begin);
    const auto address = reinterpret_cast<uintptr_t>(filter.filter + begin);
    if (!ReadOwnMemory(address, instructions, count * sizeof instructions[0])) return false;
    if (std::any_of(instructions, instructions + count, Punishes)) return true;
  }
  return false;
}

}  // namespace pprof::sys
