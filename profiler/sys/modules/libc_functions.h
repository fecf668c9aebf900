// Addresses of the C library's own functions, to recognize them in stacks.
#pragma once

#include <cstdint>

namespace pprof::sys {

struct FunctionRange {
  uintptr_t begin = 0;
  uintptr_t end = 0;  // 0: not found

  // Whether `pc` is an address inside, or the return address of a call in it.
  bool Holds(uintptr_t pc) const { return pc > begin && pc <= end; }
};

// The definition in libc, even if it is interposed. Not async-signal-safe: takes the loader's lock.
FunctionRange FindLibcFunction(const char* name);

}  // namespace pprof::sys
