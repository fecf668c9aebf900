// Split DWARF: the .dwo file or the part of a .dwp package that belongs to a skeleton unit.
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
  UnitExtent info;  // `end` as the index says it
  sys::Bytes abbrev;
  sys::Bytes str_offsets;
  sys::Bytes rnglists;
};

// A split unit that can be opened. Ownership: `file` keeps a .dwo file open; null for a package.
struct SplitUnit {
  std::unique_ptr<ElfFile> file;
  std::unique_ptr<DwarfSections> own_sections;
  DwarfSections* sections = nullptr;
  UnitExtent extent;
  SplitContext context;  // its abbreviations, strings and ranges; the rest is the skeleton's to say
};

// Ownership: owns the package. Not thread-safe. Not signal-safe: opens files.
class SplitFiles {
 public:
  // `binaries`: paths of the binary and its debug file. The package is beside one of them.
  SplitFiles(std::vector<std::string> binaries, TimeBudget* budget);
  ~SplitFiles();
  SplitFiles(const SplitFiles&) = delete;
  SplitFiles& operator=(const SplitFiles&) = delete;

  // False when there is no unit with this id, neither in the package nor in the .dwo file, which
  // lies where the compiler wrote it or beside the binary.
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
