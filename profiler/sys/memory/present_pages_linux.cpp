#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "profiler/sys/memory/present_pages.h"

namespace pprof::sys {
namespace {

// Source: Linux, admin-guide/mm/pagemap.rst.
constexpr uint64_t kPresent = uint64_t{1} << 63;
constexpr uint64_t kSwapped = uint64_t{1} << 62;

bool IsResident(uintptr_t page) {
  unsigned char resident = 0;
  const bool known =
      mincore(reinterpret_cast<void*>(page), PresentPages::kPageBytes, &resident) == 0;
  return known && (resident & 1) != 0;
}

}  // namespace

PresentPages::PresentPages()
    : pagemap_(open("/proc/thread-self/pagemap", O_RDONLY | O_CLOEXEC)), regions_(kRegions) {}

PresentPages::~PresentPages() {
  if (pagemap_ >= 0) close(pagemap_);
}

void PresentPages::Forget() {
  for (Region& region : regions_) region.number = kNoRegion;
  swapped_ = 0;
}

void PresentPages::Ask(uintptr_t region, Region* answer) {
  answer->number = region;
  if (AskPagemap(region, answer)) return;
  for (size_t i = 0; i < kRegionPages; ++i) {
    answer->Set(i, IsResident(region * kRegionBytes + i * kPageBytes));
  }
}

bool PresentPages::AskPagemap(uintptr_t region, Region* answer) {
  uint64_t entries[kRegionPages];
  const auto at = static_cast<off_t>(region * kRegionPages * sizeof entries[0]);
  const ssize_t got = pagemap_ < 0 ? -1 : pread(pagemap_, entries, sizeof entries, at);
  if (got < 0) return false;
  const size_t known = static_cast<size_t>(got) / sizeof entries[0];
  for (size_t i = 0; i < kRegionPages; ++i) {
    answer->Set(i, i < known && (entries[i] & kPresent) != 0);
    swapped_ += i < known && (entries[i] & kSwapped) != 0 ? 1 : 0;
  }
  return true;
}

}  // namespace pprof::sys
