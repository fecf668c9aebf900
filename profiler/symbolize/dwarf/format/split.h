// Split DWARF: the .dwo file, or the part of a .dwp package, of a skeleton unit.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/symbolize/dwarf/format/sections.h"
#include "profiler/symbolize/dwarf/format/unit.h"
#include "profiler/symbolize/elf/elf_file.h"
#include "profiler/symbolize/elf/time_budget.h"

namespace pprof::symbolize {

// The contributions of one unit to the sections of a package.
struct PackageEntry {
  UnitExtent info;  // `end` is from the index
  sys::Bytes abbrev;
  sys::Bytes str_offsets;
  sys::Bytes rnglists;
};

// A split unit ready to be opened. Ownership: `file` keeps a .dwo file open; null for a package.
struct SplitUnit {
  std::unique_ptr<ElfFile> file;
  std::unique_ptr<DwarfSections> own_sections;
  DwarfSections* sections = nullptr;
  UnitExtent extent;
  SplitContext context;  // only abbreviations, strings and ranges; the rest is the skeleton's
};

// Ownership: owns the package. Thread safety: none. Not async-signal-safe: opens files.
class SplitFiles {
 public:
  // `binaries`: paths of the binary and its debug file; the package is next to one of them.
  SplitFiles(std::vector<std::string> binaries, TimeBudget* budget);
  ~SplitFiles();
  SplitFiles(const SplitFiles&) = delete;
  SplitFiles& operator=(const SplitFiles&) = delete;

  // Looks in the package, then for the .dwo file where the compiler wrote it or next to the binary.
  // False if neither has a unit with this id.
  bool Open(uint64_t dwo_id, const std::string& comp_dir, const std::string& dwo_name,
            SplitUnit* unit);

 private:
  struct Package;

  void OpenPackage();
  bool OpenFromPackage(uint64_t dwo_id, SplitUnit* unit);
  bool OpenFile(const std::string& path, uint64_t dwo_id, SplitUnit* unit);

  std::vector<std::string> binaries_;
  TimeBudget* budget_;
  std::unique_ptr<Package> package_;
  bool looked_for_package_ = false;
};

}  // namespace pprof::symbolize
