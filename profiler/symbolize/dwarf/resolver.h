// Resolves a batch with all DWARF of one binary: which units, in which order, and when to fetch.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "profiler/symbolize/dwarf/format/sections.h"
#include "profiler/symbolize/dwarf/format/split.h"
#include "profiler/symbolize/dwarf/format/unit.h"
#include "profiler/symbolize/dwarf/names.h"
#include "profiler/symbolize/dwarf/pending_location.h"
#include "profiler/symbolize/elf/string_pool.h"
#include "profiler/symbolize/elf/time_budget.h"

namespace pprof::symbolize {

class LineHeader;

// Fills in functions, inlined calls, files and lines of the locations. The order matters:
// .debug_info once from front to back, then referenced DIEs in other units, then all strings, then
// line tables, so that each section is read (and decompressed) once.
// Thread safety: none. Not async-signal-safe.
class DwarfResolver {
 public:
  // `alternate`: the file that dwz moved shared parts to, or null.
  DwarfResolver(const ElfFile& file, const ElfFile* alternate, SplitFiles& split_files,
                PendingLocations& locations, StringPool& strings, NameTable& names,
                TimeBudget& budget);

  // See BatchLimits::max_whole_unit.
  void LimitWholeUnits(uint64_t bytes);

  // Errors: locations in damaged data or past the time limit are left unresolved.
  void Run();

 private:
  // A unit whose line table is needed.
  struct LineJob {
    uint64_t unit;
    uint64_t offset;  // in .debug_line
    StringId comp_dir;
    std::vector<uint32_t> wanted;
  };
  // A skeleton unit whose split unit is to be scanned.
  struct SplitJob {
    uint64_t unit;
    uint64_t dwo_id;
    uint64_t addr_base;
    uint64_t ranges_base;
    uint64_t low_pc;
    StringId comp_dir;
    StringId dwo_name;
    std::vector<uint32_t> wanted;
  };

  void ScanUnits();
  void ScanUnit(const UnitExtent& extent);
  void ScanFunctions(DwarfUnit& unit, uint64_t unit_key, const std::vector<uint32_t>& wanted);
  std::vector<uint64_t> AddressesOf(const std::vector<uint32_t>& wanted) const;
  std::vector<uint32_t> WantedIn(const std::vector<AddressRange>& ranges) const;
  void ResolveFarReferences();
  // [next, end) is sorted by DIE.
  void ResolveFarReferencesIn(DwarfSections& sections, const NameTable::FarReference* next,
                              const NameTable::FarReference* end);
  void ResolveStrings();
  void ScanSplitUnit(const SplitJob& job);
  void RunLinePrograms();
  void RunLineProgram(const LineJob& job);
  void NameCallFiles(const LineJob& job, const LineHeader& header,
                     std::unordered_map<uint64_t, StringId>& names);
  StringId FileNameId(const LineHeader& header, uint64_t file, const LineJob& job,
                      std::unordered_map<uint64_t, StringId>& names);

  DwarfSections sections_;
  std::unique_ptr<DwarfSections> alternate_;
  SplitFiles& split_files_;
  PendingLocations& locations_;
  StringPool& strings_;
  NameTable& names_;
  TimeBudget& budget_;
  AbbrevTable abbrevs_;
  std::vector<bool> claimed_;  // by location: some unit claims the address
  size_t unclaimed_ = 0;
  std::vector<LineJob> line_jobs_;
  std::vector<SplitJob> split_jobs_;
};

}  // namespace pprof::symbolize
