#include "profiler/symbolize/elf/section_data.h"

#include <elf.h>

#include <cstring>
#include <string>

namespace pprof::symbolize {
namespace {

constexpr uint32_t kCompressZstd = 2;  // ELFCOMPRESS_ZSTD, not in glibc 2.36's elf.h

// Deflate reaches 1032:1. Zstd could exceed that, but no debug section does.
constexpr uint64_t kMaxRatio = 1100;
constexpr uint64_t kRatioSlack = 4096;

constexpr uint64_t kGnuHeader = 12;

bool Plausible(uint64_t size, sys::Bytes stored) {
  return size / kMaxRatio <= stored.size && size <= stored.size * kMaxRatio + kRatioSlack;
}

SectionData Compressed(const ElfFile& file, sys::Bytes stored, uint64_t size,
                       Compression compression) {
  if (!Plausible(size, stored)) return {};
  return {&file, stored, size, compression};
}

// Elf64_Chdr: type, reserved, size, alignment.
SectionData ReadCompressionHeader(const ElfFile& file, sys::Bytes section) {
  sys::ByteCursor cursor(file.Load(section.Slice(0, sizeof(Elf64_Chdr))));
  const uint32_t type = cursor.U32();
  cursor.Skip(4);
  const uint64_t size = cursor.U64();
  cursor.Skip(8);
  if (!cursor.ok()) return {};
  const sys::Bytes stored = section.From(sizeof(Elf64_Chdr));
  if (type == ELFCOMPRESS_ZLIB) return Compressed(file, stored, size, Compression::kZlib);
  if (type == kCompressZstd) return Compressed(file, stored, size, Compression::kZstd);
  return {};
}

// The older GNU format: "ZLIB" and the size as eight big-endian bytes.
SectionData ReadGnuHeader(const ElfFile& file, sys::Bytes section) {
  sys::ByteCursor cursor(file.Load(section.Slice(0, kGnuHeader)));
  const sys::Bytes magic = cursor.Take(4);
  uint64_t size = 0;
  for (int i = 0; i < 8; ++i) size = size << 8 | cursor.U8();
  if (!cursor.ok() || std::memcmp(magic.data, "ZLIB", 4) != 0) return {};
  return Compressed(file, section.From(kGnuHeader), size, Compression::kZlib);
}

}  // namespace

SectionData FindSectionData(const ElfFile& file, std::string_view name) {
  if (const ElfSection* section = file.FindSection(name)) {
    if ((section->flags & SHF_COMPRESSED) != 0) {
      return ReadCompressionHeader(file, section->bytes);
    }
    return {&file, section->bytes, section->bytes.size, Compression::kNone};
  }
  if (name.substr(0, 7) != ".debug_") return {};
  const std::string gnu_name = ".z" + std::string(name.substr(1));
  const ElfSection* section = file.FindSection(gnu_name);
  return section == nullptr ? SectionData{} : ReadGnuHeader(file, section->bytes);
}

}  // namespace pprof::symbolize
