#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

#include <utility>

#include "profiler/sys/modules/loaded_image.h"
#include "profiler/sys/modules/loader_call.h"

namespace pprof::sys {
namespace {

struct Visit {
  uint64_t address;
  void (*visit)(const LoadedImage& image, void* arg);
  void* arg;
};

bool Holds(uint64_t base, const ElfW(Phdr) * headers, size_t count, uint64_t address) {
  for (size_t i = 0; i < count; ++i) {
    const ElfW(Phdr)& header = headers[i];
    if (header.p_type == PT_LOAD && address - (base + header.p_vaddr) < header.p_memsz) return true;
  }
  return false;
}

LoadedImage MakeImage(uint64_t base, const ElfW(Phdr) * headers, size_t count) {
  LoadedImage image;
  image.base = base;
  for (size_t i = 0; i < count; ++i) {
    const ElfW(Phdr)& header = headers[i];
    image.segments.push_back({header.p_type, header.p_offset, header.p_vaddr, header.p_filesz,
                              header.p_memsz, (header.p_flags & PF_R) != 0,
                              (header.p_flags & PF_W) != 0});
  }
  return image;
}

int AddModule(dl_phdr_info* info, size_t, void* arg) {
  LoadedImage image = MakeImage(info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum);
  if (info->dlpi_name != nullptr) image.path = info->dlpi_name;
  image.thread_locals = reinterpret_cast<uint64_t>(info->dlpi_tls_data);
  static_cast<std::vector<LoadedImage>*>(arg)->push_back(std::move(image));
  return 0;
}

int OnModule(dl_phdr_info* info, size_t, void* arg) {
  const Visit& visit = *static_cast<Visit*>(arg);
  if (!Holds(info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum, visit.address)) return 0;
  visit.visit(MakeImage(info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum), visit.arg);
  return 1;
}

// The loader of a static executable does not list the vdso.
bool VisitVdso(const Visit& visit) {
  const uint64_t start = getauxval(AT_SYSINFO_EHDR);
  if (start == 0) return false;
  const auto* header = reinterpret_cast<const ElfW(Ehdr)*>(start);
  const auto* headers = reinterpret_cast<const ElfW(Phdr)*>(start + header->e_phoff);
  uint64_t base = start;
  for (size_t i = 0; i < header->e_phnum; ++i) {
    if (headers[i].p_type != PT_LOAD) continue;
    base = start - headers[i].p_vaddr + headers[i].p_offset;
    break;
  }
  if (!Holds(base, headers, header->e_phnum, visit.address)) return false;
  visit.visit(MakeImage(base, headers, header->e_phnum), visit.arg);
  return true;
}

}  // namespace

bool LoadedImage::Holds(uint64_t process_address) const {
  for (const LoadedSegment& segment : segments) {
    const bool loaded = segment.type == PT_LOAD;
    if (loaded && process_address - (base + segment.address) < segment.memory_size) return true;
  }
  return false;
}

bool VisitLoadedImage(uint64_t address, void (*visit)(const LoadedImage& image, void* arg),
                      void* arg) {
  Visit request{address, visit, arg};
  const LoaderCall call;
  return dl_iterate_phdr(OnModule, &request) != 0 || VisitVdso(request);
}

std::vector<LoadedImage> ListLoadedImages() {
  std::vector<LoadedImage> images;
  const LoaderCall call;
  dl_iterate_phdr(AddModule, &images);
  return images;
}

}  // namespace pprof::sys
