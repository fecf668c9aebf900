#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <cstring>

#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/modules/unwind_info.h"

namespace pprof::sys {

bool FindUnwindInfo(uintptr_t pc, UnwindInfo* info) {
  dl_find_object found;
  if (_dl_find_object(reinterpret_cast<void*>(pc), &found) != 0) return false;
  info->header = static_cast<const uint8_t*>(found.dlfo_eh_frame);
  return true;
}

// The module is mapped from the page of its first segment on, whose addresses ascend.
bool IsModuleCode(uintptr_t pc) {
  constexpr uintptr_t kInPage = 4095;
  dl_find_object found;
  if (_dl_find_object(reinterpret_cast<void*>(pc), &found) != 0) return false;
  const auto start = reinterpret_cast<uintptr_t>(found.dlfo_map_start);
  ElfW(Ehdr) image;
  if (!ReadOwnMemory(start, &image, sizeof image)) return false;
  if (std::memcmp(image.e_ident, ELFMAG, SELFMAG) != 0) return false;
  uintptr_t base = 0;
  bool is_first = true;
  for (size_t i = 0; i < image.e_phnum; ++i) {
    ElfW(Phdr) segment;
    const uintptr_t at = start + image.e_phoff + i * sizeof segment;
    if (!ReadOwnMemory(at, &segment, sizeof segment)) return false;
    if (segment.p_type != PT_LOAD) continue;
    if (is_first) base = start - (segment.p_vaddr & ~kInPage);
    is_first = false;
    const bool inside = pc - (base + segment.p_vaddr) < segment.p_memsz;
    if (inside) return (segment.p_flags & PF_X) != 0;
  }
  return false;
}

}  // namespace pprof::sys
