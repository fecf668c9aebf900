// How much memory the process has in RAM.
#pragma once

#include <cstdint>

namespace pprof::sys {

// Bytes, the most there ever were (getrusage). Signal-safe. Thread safety: safe.
uint64_t PeakResidentBytes();

}  // namespace pprof::sys
