// Where the contents of a section are stored, and how.
#pragma once

#include <cstdint>
#include <string_view>

#include "profiler/symbolize/elf/decompressor.h"
#include "profiler/symbolize/elf/elf_file.h"
#include "profiler/sys/memory/byte_cursor.h"

namespace pprof::symbolize {

// Ownership: borrows from the ElfFile.
struct SectionData {
  const ElfFile* file = nullptr;
  sys::Bytes stored;
  uint64_t size = 0;  // of the contents; 0: absent or not to be trusted
  Compression compression = Compression::kNone;
};

// `name` as in ".debug_info". Also finds ".zdebug_info" and reads compression headers of both
// kinds. A size that no compression could have reached is refused: the section counts as absent.
SectionData FindSectionData(const ElfFile& file, std::string_view name);

}  // namespace pprof::symbolize
