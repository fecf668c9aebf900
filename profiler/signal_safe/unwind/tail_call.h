// The function that a stack lacks because it ended with a jump.
//
//   void Work() { std::lock_guard lock(mutex); ... }
//
// ends in `jmp pthread_mutex_unlock` when optimized: the return address is Work's caller's, and
// Work would never be named as the holder. But the call instruction before that return address says
// whom it called.
#pragma once

#include <cstdint>

namespace pprof::signal_safe {

// Who called a hooked function.
struct Caller {
  void* return_address;
  const void* hook;  // the address that callers call
};

// The entry of the function that was called and jumped to the hook; 0 when the hook itself was
// called, and when that cannot be told (calls through a register or a virtual table).
// Signal-safe: reads the code before the return address, and one system call for code elsewhere.
uintptr_t FindTailCaller(const Caller& caller);

}  // namespace pprof::signal_safe
