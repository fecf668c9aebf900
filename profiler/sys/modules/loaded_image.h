// The ELF images in this process's memory, as the loader mapped them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pprof::sys {

// One program header of a loaded image.
struct LoadedSegment {
  uint32_t type = 0;  // PT_...
  uint64_t file_offset = 0;
  uint64_t address = 0;  // as in the file; add LoadedImage::base
  uint64_t file_size = 0;
  uint64_t memory_size = 0;
  bool readable = false;
  bool writable = false;
};

struct LoadedImage {
  uint64_t base = 0;  // address in this process minus address in the file
  std::string path;   // as it was opened; empty for the main executable
  // Where the calling thread has the module's thread-locals; 0: nowhere yet.
  uint64_t thread_locals = 0;
  std::vector<LoadedSegment> segments;

  // Whether this address of the process is in a loaded segment.
  bool Holds(uint64_t process_address) const;
};

// Calls `visit(image, arg)` with the image that contains `address`, including the vdso. False when
// there is none. Holds the loader's lock meanwhile, so the image stays; `visit` must not load or
// unload libraries, nor wait for a thread that does. Thread safety: safe.
// Not async-signal-safe: locks and allocates.
bool VisitLoadedImage(uint64_t address, void (*visit)(const LoadedImage& image, void* arg),
                      void* arg);

// All of them, the main executable first, without a static executable's vdso. Thread safety: safe.
// Not async-signal-safe: locks and allocates.
std::vector<LoadedImage> ListLoadedImages();

}  // namespace pprof::sys
