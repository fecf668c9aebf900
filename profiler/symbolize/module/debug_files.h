// Finds the files that tell about a module: itself, and where its debug information was put.
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
  std::unique_ptr<ElfFile> separate;   // stripped off: debug link or .build-id folder
  std::unique_ptr<ElfFile> mini;       // .gnu_debugdata: some symbols more
  std::unique_ptr<ElfFile> alternate;  // parts that dwz shares between files

  std::string build_id;  // of the module; empty: unknown

  // The one with DWARF; null when there is none.
  const ElfFile* dwarf() const;
  // Where split DWARF is looked for.
  std::vector<std::string> paths() const;
};

// The module's file, if it is still the build that is mapped; null otherwise.
// Not signal-safe: opens files.
std::unique_ptr<ElfFile> OpenBinary(const ModuleRef& module);

// All of them. `separate` and `alternate` only when `with_dwarf`: they are large.
ModuleFiles OpenModuleFiles(const ModuleRef& module, const BatchLimits& limits, TimeBudget& budget);

}  // namespace pprof::symbolize
