// Finds the files of a module: the binary itself and its debug information.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "profiler/symbolize/elf/elf_file.h"
#include "profiler/symbolize/elf/time_budget.h"
#include "profiler/symbolize/module/engine.h"

namespace pprof::symbolize {

// Ownership: owns the files. Each may be null.
struct ModuleFiles {
  std::unique_ptr<ElfFile> binary;     // the module's own file
  std::unique_ptr<ElfFile> separate;   // stripped off: debug link or .build-id directory
  std::unique_ptr<ElfFile> mini;       // from .gnu_debugdata: some more symbols
  std::unique_ptr<ElfFile> alternate;  // parts that dwz shares between files

  std::string build_id;  // of the module; empty: unknown

  // The file with DWARF; null if there is none.
  const ElfFile* dwarf() const;
  // Locations to search for split DWARF.
  std::vector<std::string> paths() const;
};

// The module's file if it is still the mapped build; otherwise null.
// Not async-signal-safe: opens files.
std::unique_ptr<ElfFile> OpenBinary(const ModuleRef& module);

// Opens all of them; `separate` and `alternate`, which are large, only for full detail.
// Not async-signal-safe: opens files.
ModuleFiles OpenModuleFiles(const ModuleRef& module, const BatchLimits& limits, TimeBudget& budget);

}  // namespace pprof::symbolize
