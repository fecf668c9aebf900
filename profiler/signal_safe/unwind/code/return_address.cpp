#include "profiler/signal_safe/unwind/code/return_address.h"

#include "profiler/signal_safe/unwind/code/instruction.h"
#include "profiler/sys/memory/own_memory.h"

namespace pprof::signal_safe {

bool FollowsCall(uintptr_t address) {
  constexpr int kLongest = 7;
  constexpr int kDirect = 5;
  uint8_t bytes[kLongest];
  if (!sys::ReadOwnMemory(address - kLongest, bytes, sizeof bytes)) return false;
  const uint8_t* end = bytes + kLongest;
  if (end[-kDirect] == 0xE8) return true;
  for (int length = 2; length <= kLongest; ++length) {
    const uint8_t* code = end - length;
    const bool is_call = code[0] == 0xFF && (code[1] >> 3 & 7) == 2;
    if (is_call && 1 + ModrmLength(code[1], length > 2 ? code[2] : 0) == length) return true;
  }
  return false;
}

}  // namespace pprof::signal_safe
