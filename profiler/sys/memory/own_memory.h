// Reads of this process's memory that never fault.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pprof::sys {

// Whether the 8 bytes at `address` can be read now. Never faults. One system call, one that every
// sandbox allows. Signal-safe. REQUIRES: address is a multiple of 8.
bool IsReadable(uintptr_t address);

// Copies `bytes` from `address` of this process; false when any of it is not mapped. Never faults.
// One system call. Signal-safe. False also where seccomp refuses process_vm_readv.
bool ReadOwnMemory(uintptr_t address, void* out, size_t bytes);

// Copies up to `bytes` from `address` of this process, fewer at a hole: how many were copied.
// Signal-safe.
size_t CopyOwnMemory(uintptr_t address, void* out, size_t bytes);

}  // namespace pprof::sys
