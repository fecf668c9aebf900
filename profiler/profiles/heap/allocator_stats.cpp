#include "profiler/profiles/heap/allocator_stats.h"

#include <fmt/format.h>
#include <gperftools/malloc_extension_c.h>

#include <algorithm>

#include "profiler/sys/process/process.h"

namespace pprof::profiles {
namespace {

// Go's name, and the equivalent property in gperftools' malloc_extension.h.
struct Field {
  const char* go_name;
  const char* property;
};
constexpr Field kFields[] = {
    {"HeapAlloc", "generic.current_allocated_bytes"},
    {"HeapSys", "generic.heap_size"},
    {"HeapIdle", "tcmalloc.pageheap_free_bytes"},
    {"HeapReleased", "tcmalloc.pageheap_unmapped_bytes"},
};

uint64_t Property(const char* name) {
  size_t bytes = 0;
  return MallocExtension_GetNumericProperty(name, &bytes) != 0 ? bytes : 0;
}

}  // namespace

AllocatorUse ReadAllocatorUse() {
  AllocatorUse use;
  use.mapped_bytes = Property("generic.heap_size");
  use.live_bytes = Property("generic.current_allocated_bytes");
  const uint64_t kept = use.mapped_bytes - Property("tcmalloc.pageheap_unmapped_bytes");
  use.free_bytes = kept - std::min(use.live_bytes, kept);
  use.table_bytes = Property("generic.total_physical_bytes");
  use.table_bytes -= std::min(kept, use.table_bytes);
  return use;
}

std::string AllocatorStatsText() {
  std::string text = "# runtime.MemStats\n";
  for (const Field& field : kFields) {
    size_t bytes = 0;
    if (MallocExtension_GetNumericProperty(field.property, &bytes) != 0) {
      text += fmt::format("# {} = {}\n", field.go_name, bytes);
    }
  }
  text += fmt::format("# MaxRSS = {}\n", sys::PeakResidentBytes());
  return text;
}

size_t SizeInClass(size_t bytes) { return MallocExtension_GetEstimatedAllocatedSize(bytes); }

void EmptyThreadCache() { MallocExtension_MarkThreadTemporarilyIdle(); }

}  // namespace pprof::profiles
