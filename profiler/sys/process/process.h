// Identity of this process, and its peak memory use.
#pragma once

#include <cstdint>
#include <vector>

namespace pprof::sys {

// One system call. Async-signal-safe.
int32_t ProcessId();

// A number that identifies this process among all forks of the program: the same in all threads,
// another one in each forked child, even if the child has its parent's process id (a new pid
// namespace). Never 0. Thread safety: safe.
// Async-signal-safe: the first call in a process may map a page.
uint32_t ProcessGeneration();

// This process's ids in its own pid namespace and, as far as /proc lists them, the enclosing ones;
// its own first. Not async-signal-safe: reads a file.
std::vector<int32_t> ProcessIdsInNamespaces();

// CPU time of all threads of the process, also of those that have ended. Async-signal-safe.
int64_t ProcessCpuNanos();

// Peak resident memory of the process in bytes (getrusage). Async-signal-safe.
uint64_t PeakResidentBytes();

}  // namespace pprof::sys
