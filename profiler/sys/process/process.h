// Which process this is, and how much memory it has used.
#pragma once

#include <cstdint>
#include <vector>

namespace pprof::sys {

// One system call. Signal-safe.
int32_t ProcessId();

// A number that no other process of this program's forks has: the same in all threads of a process,
// another one in each forked child, also in a child that has its parent's process id (a new pid
// namespace). Never 0. Signal-safe: the first call in a process may map a page.
// Thread safety: safe.
uint32_t ProcessGeneration();

// The id of this process in its own pid namespace and, as far as /proc says so, in those around it;
// its own first. Not signal-safe: reads a file.
std::vector<int32_t> ProcessIdsInNamespaces();

// The most memory the process ever had in RAM, in bytes (getrusage). Signal-safe.
uint64_t PeakResidentBytes();

}  // namespace pprof::sys
