#include <sys/resource.h>

#include "profiler/sys/memory/resident_memory.h"

namespace pprof::sys {

uint64_t PeakResidentBytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;  // Linux counts in KiB
}

}  // namespace pprof::sys
