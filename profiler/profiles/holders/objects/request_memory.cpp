#include "profiler/profiles/holders/objects/request_memory.h"

#include "profiler/sys/memory/pages.h"

namespace pprof::profiles::holders {

RequestMemory::~RequestMemory() {
  for (const Piece& piece : pieces_) {
    sys::UnmapPages(reinterpret_cast<void*>(piece.begin), piece.bytes);
  }
}

void* RequestMemory::Map(size_t bytes) {
  constexpr size_t kPage = 4096;
  const size_t rounded = bytes / kPage * kPage + kPage;
  void* pages = sys::MapPages(rounded);
  if (pages == nullptr) return nullptr;
  pieces_.push_back({reinterpret_cast<uintptr_t>(pages), rounded});
  bytes_ += rounded;
  return pages;
}

}  // namespace pprof::profiles::holders
