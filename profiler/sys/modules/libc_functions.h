// Where the C library's own functions are, to recognize them in stacks.
#pragma once

#include <cstdint>

namespace pprof::sys {

struct FunctionRange {
  uintptr_t begin = 0;
  uintptr_t end = 0;  // 0: not found

  // A return address behind a call in it, or an address inside.
  bool Holds(uintptr_t pc) const { return pc > begin && pc <= end; }
};

// libc's own definition, whoever stands in front of it. Not signal-safe: takes the loader's lock.
FunctionRange FindLibcFunction(const char* name);

}  // namespace pprof::sys
