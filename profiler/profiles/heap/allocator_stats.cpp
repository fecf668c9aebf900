#include "profiler/profiles/heap/allocator_stats.h"

#include <fmt/format.h>
#include <gperftools/malloc_extension.h>
#include <gperftools/malloc_extension_c.h>

#include <algorithm>

#include "profiler/profiles/heap/heap_support.h"
#include "profiler/signal_safe/heap/heap_sampler.h"
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

// The metric, its help, and the property.
struct MetricOfProperty {
  const char* metric;
  const char* help;
  const char* property;
};
constexpr MetricOfProperty kMetrics[] = {
    {"tcmalloc_current_allocated_bytes", "Bytes in use by the program.",
     "generic.current_allocated_bytes"},
    {"tcmalloc_heap_size_bytes", "Bytes that tcmalloc has from the system, also unmapped ones.",
     "generic.heap_size"},
    {"tcmalloc_pageheap_free_bytes", "Bytes in free pages that are mapped.",
     "tcmalloc.pageheap_free_bytes"},
    {"tcmalloc_pageheap_unmapped_bytes", "Bytes in free pages given back to the system.",
     "tcmalloc.pageheap_unmapped_bytes"},
    {"tcmalloc_central_cache_free_bytes", "Free bytes in the central cache.",
     "tcmalloc.central_cache_free_bytes"},
    {"tcmalloc_transfer_cache_free_bytes", "Free bytes on their way between caches.",
     "tcmalloc.transfer_cache_free_bytes"},
    {"tcmalloc_thread_cache_free_bytes", "Free bytes in the caches of threads.",
     "tcmalloc.thread_cache_free_bytes"},
    {"tcmalloc_current_total_thread_cache_bytes", "Bytes in the caches of threads.",
     "tcmalloc.current_total_thread_cache_bytes"},
};

uint64_t Property(const char* name) {
  size_t bytes = 0;
  return MallocExtension_GetNumericProperty(name, &bytes) != 0 ? bytes : 0;
}

}  // namespace

AllocatorUse ReadLiveAndFree() {
  AllocatorUse use;
  use.mapped_bytes = Property("generic.heap_size");
  use.live_bytes = Property("generic.current_allocated_bytes");
  const uint64_t kept = use.mapped_bytes - Property("tcmalloc.pageheap_unmapped_bytes");
  use.free_bytes = kept - std::min(use.live_bytes, kept);
  return use;
}

AllocatorUse ReadAllocatorUse() {
  AllocatorUse use = ReadLiveAndFree();
  const uint64_t kept = use.live_bytes + use.free_bytes;
  use.table_bytes = Property("generic.total_physical_bytes");
  use.table_bytes -= std::min(kept, use.table_bytes);
  return use;
}

bool TcmallocServes() {
  const bool kept = signal_safe::heap_sampler.allocator.load(std::memory_order_relaxed) != nullptr;
  return !kept && CheckHeapSupport().ok();
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

std::vector<AllocatorProperty> ReadAllocatorProperties() {
  std::vector<AllocatorProperty> properties;
  for (const MetricOfProperty& metric : kMetrics) {
    size_t bytes = 0;
    if (MallocExtension_GetNumericProperty(metric.property, &bytes) == 0) continue;
    properties.push_back({metric.metric, metric.help, bytes});
  }
  return properties;
}

size_t SizeInClass(size_t bytes) { return MallocExtension_GetEstimatedAllocatedSize(bytes); }

void EmptyThreadCache() { MallocExtension_MarkThreadTemporarilyIdle(); }

size_t FreePageBytes() {
  size_t bytes = 0;
  MallocExtension_GetNumericProperty("tcmalloc.pageheap_free_bytes", &bytes);
  return bytes;
}

void ReleaseFreePages(size_t bytes) { MallocExtension::instance()->ReleaseToSystem(bytes); }

}  // namespace pprof::profiles
