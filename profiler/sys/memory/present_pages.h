// Which pages of this process are in memory: reading one that is not would bring it in, and take
// memory that the program does not use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pprof::sys {

// Asks the kernel (pagemap, or mincore where /proc is missing) for 2 MiB at a time and remembers
// the answers until Forget. Thread safety: none. Not async-signal-safe: opens a file, allocates.
class PresentPages {
 public:
  static constexpr size_t kPageBytes = 4096;

  PresentPages();
  ~PresentPages();
  PresentPages(const PresentPages&) = delete;
  PresentPages& operator=(const PresentPages&) = delete;

  // Whether the page of this address is present. False for memory that is not mapped.
  bool Holds(uintptr_t address) {
    const uintptr_t region = address / kRegionBytes;
    Region& known = regions_[region % kRegions];
    if (known.number != region) Ask(region, &known);
    const uintptr_t page = address / kPageBytes % kRegionPages;
    return (known.present[page / kBits] >> (page % kBits) & 1) != 0;
  }

  // Pages near those asked for, since Forget, whose contents are on a swap device. 0 where pagemap
  // cannot be read.
  size_t swapped() const { return swapped_; }

  void Forget();

 private:
  static constexpr size_t kRegionBytes = size_t{2} << 20;
  static constexpr size_t kRegionPages = kRegionBytes / kPageBytes;
  static constexpr size_t kBits = 64;
  static constexpr size_t kRegions = 4096;  // 8 GiB, 300 KiB of answers
  static constexpr uintptr_t kNoRegion = UINTPTR_MAX;

  struct Region {
    uintptr_t number = kNoRegion;
    uint64_t present[kRegionPages / kBits] = {};
    void Set(size_t page, bool is_present) {
      const uint64_t bit = uint64_t{1} << (page % kBits);
      present[page / kBits] = (present[page / kBits] & ~bit) | (is_present ? bit : 0);
    }
  };

  void Ask(uintptr_t region, Region* answer);
  bool AskPagemap(uintptr_t region, Region* answer);

  int pagemap_;  // -1: cannot be opened
  size_t swapped_ = 0;
  std::vector<Region> regions_;
};

}  // namespace pprof::sys
