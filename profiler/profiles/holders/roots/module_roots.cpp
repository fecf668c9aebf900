#include <elf.h>

#include <algorithm>

#include "profiler/profiles/holders/roots/program_roots.h"

namespace pprof::profiles::holders {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kWord = sizeof(uint64_t);

// Whether no variable of the program's own is in it.
bool IsSystem(const sys::LoadedImage& image) {
  return image.path.find("/libc.so.") != std::string::npos ||
         image.path.find("/ld-linux") != std::string::npos;
}

// What the loader writes and then protects: it holds no pointers to objects. Whole pages only.
uint64_t EndOfReadOnly(const sys::LoadedImage& image, uint64_t begin) {
  for (const sys::LoadedSegment& segment : image.segments) {
    const uint64_t low = image.base + segment.address;
    if (segment.type != PT_GNU_RELRO || low > begin) continue;
    const uint64_t high = (low + segment.memory_size) / kPage * kPage;
    if (high > begin) return high;
  }
  return begin;
}

}  // namespace

// tcmalloc's variables are lists of free objects and tables of its spans. The preload library has
// it among its own.
void AddModuleRoots(ProgramRoots* program, Ranges* taken) {
  const uint64_t tcmalloc = AddressInTcmalloc();
  for (size_t i = 0; i < program->images.size(); ++i) {
    const sys::LoadedImage& image = program->images[i];
    for (const sys::LoadedSegment& segment : image.segments) {
      if (segment.type != PT_LOAD || !segment.writable) continue;
      const uint64_t begin = image.base + segment.address;
      const uint64_t end = (begin + segment.memory_size) / kWord * kWord;
      const uint64_t mapped_end = (end + kPage - 1) / kPage * kPage;
      if (!image.Holds(tcmalloc)) {
        Root root;
        root.begin = (EndOfReadOnly(image, begin) + kWord - 1) / kWord * kWord;
        root.end = end;
        root.kind = IsSystem(image) ? RootKind::kSystem : RootKind::kGlobal;
        root.owner = static_cast<int32_t>(i);
        if (root.begin < root.end) program->roots.push_back(root);
      }
      taken->push_back({begin / kPage * kPage, mapped_end});
    }
  }
}

}  // namespace pprof::profiles::holders
