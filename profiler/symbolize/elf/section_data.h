// The stored contents of a section and their encoding.
#pragma once

#include <cstdint>
#include <string_view>

#include "profiler/symbolize/elf/elf_file.h"
#include "profiler/sys/memory/byte_cursor.h"

namespace pprof::symbolize {

enum class Compression { kNone, kZlib, kZstd };

// Ownership: borrows from the ElfFile.
struct SectionData {
  const ElfFile* file = nullptr;
  sys::Bytes stored;
  uint64_t size = 0;  // of the contents; 0: absent or implausible
  Compression compression = Compression::kNone;
};

// `name`: e.g. ".debug_info". Also finds ".zdebug_info" and reads both kinds of compression
// headers. A section whose size no compression could reach is treated as absent.
SectionData FindSectionData(const ElfFile& file, std::string_view name);

}  // namespace pprof::symbolize
