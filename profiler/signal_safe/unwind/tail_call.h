// Finds the function that is missing from a stack because it ended in a tail call.
//
//   void Work() { std::lock_guard lock(mutex); ... }
//
// ends in `jmp pthread_mutex_unlock` when optimized: the return address is in Work's caller, and
// Work would never be named as the holder. But the call instruction before that return address
// shows which function was called.
#pragma once

#include <cstdint>

namespace pprof::signal_safe {

// The caller of a hooked function.
struct Caller {
  void* return_address;
  const void* hook;  // the hook's address, as callers use it
};

// The entry of the function that was called and then jumped to the hook; 0 when the hook itself was
// called, or when unknown (calls through a register or a virtual table). Reads the code before the
// return address, and other code by one system call. Async-signal-safe.
uintptr_t FindTailCaller(const Caller& caller);

// The function that the call before a return address names, directly or in the global offset table;
// 0: another form of call. `code_end`: that code, or a copy of it, behind its last byte.
// Async-signal-safe. REQUIRES: the 6 bytes before it are readable.
uintptr_t CalledFunction(const uint8_t* code_end, uintptr_t return_address);

// Returns the function, or its target if it is an entry of a procedure linkage table,
// `jmp *slot(%rip)`; 0: unreadable. One or two system calls. Async-signal-safe.
uintptr_t BehindLinkage(uintptr_t function);

}  // namespace pprof::signal_safe
