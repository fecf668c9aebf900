#include "profiler/profiles/heap/allocator_stats.h"

#include <fmt/format.h>
#include <gperftools/malloc_extension.h>
#include <gperftools/malloc_extension_c.h>

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

}  // namespace

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

void EmptyThreadCache() { MallocExtension_MarkThreadTemporarilyIdle(); }

size_t FreePageBytes() {
  size_t bytes = 0;
  MallocExtension_GetNumericProperty("tcmalloc.pageheap_free_bytes", &bytes);
  return bytes;
}

void ReleaseFreePages(size_t bytes) { MallocExtension::instance()->ReleaseToSystem(bytes); }

}  // namespace pprof::profiles
