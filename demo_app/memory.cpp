#include "demo_app/memory.h"

#include <gperftools/malloc_extension_c.h>
#include <unistd.h>

#include <fstream>

namespace memory {

int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t size_pages = 0;
  int64_t resident_pages = 0;
  if (!(statm >> size_pages >> resident_pages)) return 0;
  return resident_pages * sysconf(_SC_PAGESIZE);
}

int64_t HeapInUseBytes() {
  size_t bytes = 0;
  if (!MallocExtension_GetNumericProperty("generic.current_allocated_bytes", &bytes)) return 0;
  return static_cast<int64_t>(bytes);
}

void ReleaseFreeMemory() { MallocExtension_ReleaseFreeMemory(); }

}  // namespace memory
