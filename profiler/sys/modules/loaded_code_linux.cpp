#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "profiler/sys/modules/loaded_code.h"
#include "profiler/sys/modules/loader_call.h"
#include "profiler/sys/modules/mappings.h"

namespace pprof::sys {
namespace {

struct Listing {
  LoadedCode* out;
  size_t room;
  size_t count = 0;
};

template <size_t kSize>
void CopyText(char (&out)[kSize], std::string_view text) {
  const size_t length = text.size() < kSize ? text.size() : 0;  // drops a path that does not fit
  std::memcpy(out, text.data(), length);
  out[length] = '\0';
}

std::string BuildIdOf(const dl_phdr_info& module) {
  for (int i = 0; i < module.dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = module.dlpi_phdr[i];
    if (header.p_type != PT_NOTE) continue;
    std::string id =
        BuildIdOfNotes(reinterpret_cast<const unsigned char*>(module.dlpi_addr + header.p_vaddr),
                       header.p_memsz, header.p_align);
    if (!id.empty()) return id;
  }
  return {};
}

int AddModule(dl_phdr_info* module, size_t, void* opaque) {
  auto& listing = *static_cast<Listing*>(opaque);
  constexpr uintptr_t kPage = 4096;
  for (int i = 0; i < module->dlpi_phnum && listing.count < listing.room; ++i) {
    const ElfW(Phdr)& header = module->dlpi_phdr[i];
    if (header.p_type != PT_LOAD || (header.p_flags & PF_X) == 0) continue;
    LoadedCode& code = listing.out[listing.count++];
    const uintptr_t begin = module->dlpi_addr + header.p_vaddr;
    code.start = begin & ~(kPage - 1);
    code.limit = (begin + header.p_memsz + kPage - 1) & ~(kPage - 1);
    code.offset = header.p_offset & ~(kPage - 1);
    CopyText(code.build_id, BuildIdOf(*module));
    CopyText(code.path, module->dlpi_name);
  }
  return listing.count < listing.room ? 0 : 1;
}

}  // namespace

size_t ListLoadedCode(LoadedCode* out, size_t room) {
  Listing listing{out, room};
  const LoaderCall call;
  dl_iterate_phdr(AddModule, &listing);
  return listing.count;
}

uint64_t UnloadedCount() {
  uint64_t count = 0;
  const LoaderCall call;
  dl_iterate_phdr(
      [](dl_phdr_info* module, size_t, void* out) {
        *static_cast<uint64_t*>(out) = module->dlpi_subs;
        return 1;
      },
      &count);
  return count;
}

}  // namespace pprof::sys
