// The index of a DWARF package (.dwp): maps units to their parts of its sections.
#pragma once

#include <cstdint>

#include "profiler/symbolize/dwarf/format/sections.h"
#include "profiler/symbolize/dwarf/format/split.h"
#include "profiler/symbolize/elf/elf_file.h"
#include "profiler/symbolize/elf/section_stream.h"
#include "profiler/symbolize/elf/time_budget.h"

namespace pprof::symbolize {

// DWARF 5, section 7.3.5, and version 2 of the GNU extension for DWARF 4.
// Ownership: borrows the file. Thread safety: none. Not async-signal-safe.
class PackageIndex {
 public:
  PackageIndex(const ElfFile& file, TimeBudget* budget);

  // False if the unit is not in the package or the index is damaged.
  bool Find(uint64_t dwo_id, DwarfSections& sections, PackageEntry* entry);

 private:
  struct Header {
    uint32_t version = 0;
    uint32_t columns = 0;
    uint32_t units = 0;
    uint32_t slots = 0;
  };

  bool ReadHeader(sys::ByteCursor& cursor, Header* header) const;
  uint32_t FindRow(const Header& header, sys::Bytes hashes, sys::Bytes rows, uint64_t dwo_id) const;
  void SetPart(const Header& header, uint32_t kind, uint64_t offset, uint64_t size,
               DwarfSections& sections, PackageEntry* entry) const;

  LoadedSection section_;
};

}  // namespace pprof::symbolize
