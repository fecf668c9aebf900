// The DWARF sections of one file.
#pragma once

#include <cstdint>
#include <string_view>

#include "profiler/symbolize/dwarf/format/abbrev_section.h"
#include "profiler/symbolize/dwarf/format/range_list_section.h"
#include "profiler/symbolize/elf/elf_file.h"
#include "profiler/symbolize/elf/section_stream.h"
#include "profiler/symbolize/elf/time_budget.h"

namespace pprof::symbolize {

// The file that a DIE offset or a string offset refers to.
enum class FileRole : uint8_t { kMain, kAlternate, kSplit };

// The large ones are read once from front to back, the others on demand.
// Ownership: borrows the file and the budget. Thread safety: none. Not async-signal-safe.
struct DwarfSections {
  DwarfSections(const ElfFile& file, FileRole file_role, TimeBudget* time_budget);

  FileRole role;
  TimeBudget* budget;
  // Larger units are compacted.
  uint64_t max_whole_unit = UINT64_MAX;
  SectionStream info;
  SectionStream line;
  SectionStream str;
  SectionStream aranges;
  AbbrevSection abbrevs;
  LoadedSection abbrev;  // the same, for packages, whose index points into it
  LoadedSection line_str;
  LoadedSection ranges;
  RangeListSection rnglists;
  LoadedSection addr;
  LoadedSection str_offsets;
  LoadedSection split_str;  // .debug_str of a .dwo: read at once, since its file is closed soon
};

}  // namespace pprof::symbolize
