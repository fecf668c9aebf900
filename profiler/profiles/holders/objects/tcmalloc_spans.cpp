#include "profiler/profiles/holders/objects/tcmalloc_spans.h"

#include <gperftools/malloc_extension.h>

#include <algorithm>

#include "profiler/profiles/heap/memory_owners.h"
#include "profiler/signal_safe/heap/heap_sampler.h"
#include "profiler/sys/modules/loaded_module.h"

namespace pprof::profiles::holders {
namespace {

constexpr size_t kLargestClass = size_t{256} << 10;  // kMaxSize, gperftools/src/common.h
constexpr size_t kMostClasses = 256;

// The sizes of tcmalloc's classes, ascending.
class ClassSizes {
 public:
  ClassSizes() {
    for (size_t bytes = 1; count_ < kMostClasses; bytes = sizes_[count_ - 1] + 1) {
      const size_t taken = MallocExtension::instance()->GetEstimatedAllocatedSize(bytes);
      if (taken < bytes || taken > kLargestClass) break;
      sizes_[count_++] = taken;
    }
  }
  bool Has(size_t bytes) const { return std::binary_search(sizes_, sizes_ + count_, bytes); }

 private:
  size_t sizes_[kMostClasses] = {};
  size_t count_ = 0;
};

struct Walk {
  TcmallocSpans* spans;
  size_t room;
};

void OnRange(void* argument, const base::MallocRange* range) {
  auto& walk = *static_cast<Walk*>(argument);
  std::vector<AddressRange>& ranges = walk.spans->ranges;
  const uint64_t end = range->address + range->length;
  if (!ranges.empty() && ranges.back().end == range->address) {
    ranges.back().end = end;
  } else {
    ranges.push_back({range->address, end});
  }
  if (range->type != base::MallocRange::INUSE || walk.spans->count == walk.room) return;
  walk.spans->spans[walk.spans->count++] = {range->address, range->length, 0};
}

}  // namespace

uint64_t AddressInTcmalloc() {
  return *reinterpret_cast<const uint64_t*>(MallocExtension::instance());  // its vtable
}

std::string WhyNoSpans() {
  if (const char* other = signal_safe::heap_sampler.allocator.load(std::memory_order_relaxed)) {
    return std::string("malloc is that of ") + other + ", whose objects are not known";
  }
  bool is_static = false;
  sys::WhileModulesStay(
      [](void* found) {
        using sys::LoadedModule;
        const auto* there = reinterpret_cast<const void*>(AddressInTcmalloc());
        *static_cast<bool*>(found) = LoadedModule::Of(there) == LoadedModule::First();
      },
      &is_static);
  if (!is_static) return {};
  return "tcmalloc is linked into the program itself, and its lists of free objects cannot be told "
         "from the program's variables: link libtcmalloc_minimal.so";
}

bool ReadTcmallocSpans(RequestMemory* memory, TcmallocSpans* spans) {
  size_t heap_bytes = 0;
  MallocExtension::instance()->GetNumericProperty("generic.heap_size", &heap_bytes);
  constexpr size_t kLeastPage = 4096;
  constexpr size_t kNewMeanwhile = 4096;
  Walk walk{spans, heap_bytes / kLeastPage + kNewMeanwhile};
  spans->spans = memory->Allocate<RawSpan>(walk.room);
  if (spans->spans == nullptr) return false;
  WalkTcmallocRanges(&walk, OnRange);
  // The public interface does not tell a span's class. The usable size at its start does: that of a
  // slot, or of all of it. Other addresses must not be asked for: those within a large span abort
  // the process.
  const ClassSizes classes;
  for (size_t i = 0; i < spans->count; ++i) {
    RawSpan& span = spans->spans[i];
    const size_t usable =
        MallocExtension::instance()->GetAllocatedSize(reinterpret_cast<void*>(span.start));
    span.slot = usable < span.length && classes.Has(usable) ? usable : 0;
  }
  return true;
}

}  // namespace pprof::profiles::holders
