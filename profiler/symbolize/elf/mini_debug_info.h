// "MiniDebugInfo": an xz-compressed ELF file inside another one, with symbols that were stripped.
#pragma once

#include <memory>

#include "profiler/symbolize/elf/elf_file.h"
#include "profiler/symbolize/elf/time_budget.h"

namespace pprof::symbolize {

// The file in .gnu_debugdata. Null if there is none, it is damaged or too large, or this build
// cannot read xz. Not async-signal-safe.
std::unique_ptr<ElfFile> OpenMiniDebugInfo(const ElfFile& binary, TimeBudget& budget);

}  // namespace pprof::symbolize
