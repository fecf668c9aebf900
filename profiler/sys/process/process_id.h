// Which process this is: changes in a forked child.
#pragma once

#include <cstdint>
#include <vector>

namespace pprof::sys {

// One system call. Signal-safe.
int32_t ProcessId();

// What the process is called in its own pid namespace and, as far as /proc says so, in those
// around it; its own first. Not signal-safe: reads a file.
std::vector<int32_t> ProcessIdsInNamespaces();

}  // namespace pprof::sys
