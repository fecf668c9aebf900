#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

#include <cstring>
#include <string_view>

#include "profiler/sys/modules/loaded_code.h"
#include "profiler/sys/modules/loader_call.h"

namespace pprof::sys {
namespace {

constexpr uintptr_t kPage = 4096;

// Whether the loader has mapped all of the segment: only then may it be read.
bool IsLoaded(const dl_phdr_info& module, const ElfW(Phdr) & wanted) {
  for (size_t i = 0; i < module.dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = module.dlpi_phdr[i];
    if (header.p_type != PT_LOAD || wanted.p_vaddr < header.p_vaddr) continue;
    const uint64_t skipped = wanted.p_vaddr - header.p_vaddr;
    if (skipped <= header.p_filesz && wanted.p_memsz <= header.p_filesz - skipped) return true;
  }
  return false;
}

BuildId BuildIdOf(const dl_phdr_info& module) {
  for (size_t i = 0; i < module.dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = module.dlpi_phdr[i];
    if (header.p_type != PT_NOTE || !IsLoaded(module, header)) continue;
    const auto* notes = reinterpret_cast<const unsigned char*>(module.dlpi_addr + header.p_vaddr);
    const BuildId id = BuildIdOfNotes(notes, header.p_memsz, header.p_align);
    if (!id.empty()) return id;
  }
  return {};
}

struct Visit {
  bool (*visit)(const CodeSegment& segment, void* arg);
  void* arg;
  uintptr_t main_headers;
};

int OnModule(dl_phdr_info* module, size_t, void* opaque) {
  const Visit& visit = *static_cast<Visit*>(opaque);
  const BuildId id = BuildIdOf(*module);
  for (size_t i = 0; i < module->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = module->dlpi_phdr[i];
    if (header.p_type != PT_LOAD || (header.p_flags & PF_X) == 0) continue;
    const uintptr_t begin = module->dlpi_addr + header.p_vaddr;
    CodeSegment segment;
    segment.start = begin & ~(kPage - 1);
    segment.limit = (begin + header.p_memsz + kPage - 1) & ~(kPage - 1);
    segment.offset = header.p_offset & ~(kPage - 1);
    segment.module_name = module->dlpi_name == nullptr ? "" : module->dlpi_name;
    segment.build_id = &id;
    segment.main_executable = reinterpret_cast<uintptr_t>(module->dlpi_phdr) == visit.main_headers;
    if (!visit.visit(segment, visit.arg)) return 1;
  }
  return 0;
}

// A truncated path or build id would be wrong: text that does not fit becomes empty.
template <size_t kSize>
void CopyText(char (&out)[kSize], std::string_view text) {
  const size_t length = text.size() < kSize ? text.size() : 0;
  std::memcpy(out, text.data(), length);
  out[length] = '\0';
}

struct Listing {
  LoadedCode* out;
  size_t room;
  size_t count = 0;
};

bool AddToListing(const CodeSegment& segment, void* opaque) {
  auto& listing = *static_cast<Listing*>(opaque);
  if (listing.count == listing.room) return false;
  LoadedCode& code = listing.out[listing.count++];
  code.start = segment.start;
  code.limit = segment.limit;
  code.offset = segment.offset;
  CopyText(code.build_id, segment.build_id->hex);
  CopyText(code.path, segment.module_name);
  return true;
}

}  // namespace

void VisitLoadedCode(bool (*visit)(const CodeSegment& segment, void* arg), void* arg) {
  // ld.so corrects the entry when it was itself run as the program.
  Visit request{visit, arg, getauxval(AT_PHDR)};
  const LoaderCall call;
  dl_iterate_phdr(OnModule, &request);
}

size_t ListLoadedCode(LoadedCode* out, size_t room) {
  Listing listing{out, room};
  VisitLoadedCode(AddToListing, &listing);
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
