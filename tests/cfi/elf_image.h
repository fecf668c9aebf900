// An ELF file in memory at the distances that its program headers ask for, as the loader maps it,
// but without executing or relocating anything.
#pragma once

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace pprof::cfi {

class ElfImage {
 public:
  explicit ElfImage(const std::string& path) {
    file_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file_ < 0) return;
    usable_ = ReadHeaders() && MapSegments();
  }
  ~ElfImage() {
    if (size_ != 0) munmap(begin_, size_);
    if (file_ >= 0) close(file_);
  }
  ElfImage(const ElfImage&) = delete;
  ElfImage& operator=(const ElfImage&) = delete;

  // False: no executable or shared library of x86-64.
  bool usable() const { return usable_; }

  const uint8_t* At(uint64_t address) const { return begin_ + (address - lowest_); }

  // The section's bytes; nullptr if the file has none or does not load it.
  const uint8_t* Section(const char* name, size_t* bytes) const {
    for (const Elf64_Shdr& section : sections_) {
      if (section.sh_name >= names_.size() ||
          names_.data() + section.sh_name != std::string(name)) {
        continue;
      }
      *bytes = section.sh_size;
      const bool loaded = section.sh_addr >= lowest_ &&
                          section.sh_addr + section.sh_size <= lowest_ + size_ &&
                          section.sh_type != SHT_NOBITS && (section.sh_flags & SHF_ALLOC) != 0;
      return loaded ? At(section.sh_addr) : nullptr;
    }
    return nullptr;
  }
  bool HasSection(const char* name) const {
    size_t bytes = 0;
    Section(name, &bytes);
    return bytes != 0;
  }

  // The .eh_frame_hdr that the program headers name; nullptr: none.
  const uint8_t* FrameHeader() const {
    for (const Elf64_Phdr& segment : segments_) {
      if (segment.p_type == PT_GNU_EH_FRAME) return At(segment.p_vaddr);
    }
    return nullptr;
  }

 private:
  template <class T>
  bool ReadAll(uint64_t offset, size_t count, std::vector<T>* out) const {
    if (count > 1000000) return false;
    out->resize(count);
    const auto bytes = static_cast<ssize_t>(count * sizeof(T));
    return pread(file_, out->data(), count * sizeof(T), static_cast<off_t>(offset)) == bytes;
  }

  bool ReadHeaders() {
    Elf64_Ehdr header;
    if (pread(file_, &header, sizeof header, 0) != sizeof header) return false;
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_machine != EM_X86_64 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 ||
        (header.e_type != ET_EXEC && header.e_type != ET_DYN)) {
      return false;
    }
    fixed_ = header.e_type == ET_EXEC;
    if (!ReadAll(header.e_phoff, header.e_phnum, &segments_)) return false;
    if (!ReadAll(header.e_shoff, header.e_shnum, &sections_)) sections_.clear();
    if (header.e_shstrndx < sections_.size()) {
      const Elf64_Shdr& names = sections_[header.e_shstrndx];
      if (!ReadAll(names.sh_offset, names.sh_size, &names_)) names_.clear();
    }
    return true;
  }

  bool MapSegments() {
    uint64_t lowest = UINT64_MAX, highest = 0;
    for (const Elf64_Phdr& segment : segments_) {
      if (segment.p_type != PT_LOAD) continue;
      lowest = std::min(lowest, segment.p_vaddr & ~kPageMask);
      highest = std::max(highest, (segment.p_vaddr + segment.p_memsz + kPageMask) & ~kPageMask);
    }
    if (lowest >= highest || highest - lowest > uint64_t{1} << 36) return false;
    // The pointers of a position-dependent program may be absolute.
    void* wanted = fixed_ ? reinterpret_cast<void*>(lowest) : nullptr;
    void* begin = mmap(
        wanted, highest - lowest, PROT_NONE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (fixed_ ? MAP_FIXED_NOREPLACE : 0), -1, 0);
    if (begin == MAP_FAILED) return false;
    begin_ = static_cast<uint8_t*>(begin);
    lowest_ = lowest;
    size_ = highest - lowest;
    return std::all_of(segments_.begin(), segments_.end(),
                       [this](const Elf64_Phdr& segment) { return MapSegment(segment); });
  }

  bool MapSegment(const Elf64_Phdr& segment) {
    if (segment.p_type != PT_LOAD || segment.p_filesz == 0) return true;
    struct stat status;
    if (fstat(file_, &status) != 0 ||
        segment.p_offset + segment.p_filesz > static_cast<uint64_t>(status.st_size)) {
      return false;
    }
    const uint64_t inside = segment.p_vaddr & kPageMask;
    void* place = begin_ + (segment.p_vaddr - inside - lowest_);
    return mmap(place, segment.p_filesz + inside, PROT_READ, MAP_PRIVATE | MAP_FIXED, file_,
                static_cast<off_t>(segment.p_offset - inside)) == place;
  }

  static constexpr uint64_t kPageMask = 4095;
  int file_ = -1;
  bool usable_ = false;
  bool fixed_ = false;
  uint8_t* begin_ = nullptr;
  uint64_t lowest_ = 0;
  uint64_t size_ = 0;
  std::vector<Elf64_Phdr> segments_;
  std::vector<Elf64_Shdr> sections_;
  std::vector<char> names_;
};

}  // namespace pprof::cfi
