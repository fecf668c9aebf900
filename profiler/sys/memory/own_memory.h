// Reads of this process's memory that never fault. In a sandbox they copy nothing: see sandbox.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pprof::sys {

// Copies `bytes` bytes from `address` of this process; false when any of them is not mapped. Never
// faults. One system call, process_vm_readv; where a sandbox denies it, process_vm_writev or three
// calls for /proc/self/mem. Async-signal-safe.
bool ReadOwnMemory(uintptr_t address, void* out, size_t bytes);

// Copies up to `bytes` bytes from `address` of this process, stopping at a hole. Returns the number
// copied. Async-signal-safe.
size_t CopyOwnMemory(uintptr_t address, void* out, size_t bytes);

}  // namespace pprof::sys
