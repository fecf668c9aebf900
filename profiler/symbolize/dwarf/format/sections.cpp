#include "profiler/symbolize/dwarf/format/sections.h"

#include <string>

namespace pprof::symbolize {
namespace {

SectionData Find(const ElfFile& file, FileRole role, const char* name) {
  const std::string suffix = role == FileRole::kSplit ? ".dwo" : "";
  return FindSectionData(file, ".debug_" + (name + suffix));
}

}  // namespace

DwarfSections::DwarfSections(const ElfFile& file, FileRole file_role, TimeBudget* time_budget)
    : role(file_role),
      budget(time_budget),
      info(Find(file, role, "info"), budget),
      line(Find(file, role, "line"), budget),
      str(Find(file, role, "str"), budget),
      aranges(Find(file, role, "aranges"), budget),
      abbrevs(Find(file, role, "abbrev"), budget),
      abbrev(Find(file, role, "abbrev"), budget),
      line_str(Find(file, role, "line_str"), budget),
      ranges(Find(file, role, "ranges"), budget),
      rnglists(Find(file, role, "rnglists"), budget),
      addr(Find(file, role, "addr"), budget),
      str_offsets(Find(file, role, "str_offsets"), budget),
      split_str(Find(file, role, "str"), budget) {}

}  // namespace pprof::symbolize
