// Zeroed pages from the kernel, for code that must not call malloc.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace pprof::sys {

// The regions of MapPages that are mapped now; the first 512, which is more than the tables of a
// process need.
struct MappedPages {
  static constexpr size_t kMost = 512;
  std::atomic<uintptr_t> begin;
  std::atomic<size_t> bytes;  // 0 until `begin` is published
};
extern MappedPages mapped_pages[MappedPages::kMost] __attribute__((visibility("hidden")));

// Calls visit(begin, bytes) for each of them. Async-signal-safe if `visit` is.
template <class Visit>
void ForEachMappedPages(Visit&& visit) {
  for (const MappedPages& pages : mapped_pages) {
    const size_t bytes = pages.bytes.load(std::memory_order_acquire);
    if (bytes != 0) visit(pages.begin.load(std::memory_order_relaxed), bytes);
  }
}

// At least `bytes` zeroed bytes, page-aligned, touched lazily; nullptr when the kernel refuses.
// Ownership: the caller's, until UnmapPages with the same size. Thread safety: safe.
// Async-signal-safe.
void* MapPages(size_t bytes);
// Async-signal-safe.

void UnmapPages(void* pages, size_t bytes);

}  // namespace pprof::sys
