// Symbols of variables in the loaded modules, in batches.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiler/symbolize/module/data_symbols.h"
#include "profiler/sys/modules/loaded_image.h"
#include "profiler/sys/modules/mappings.h"

namespace pprof::profiles::holders {

// Thread safety: none. Not async-signal-safe: opens files, allocates.
class ModuleSymbols {
 public:
  explicit ModuleSymbols(const std::vector<sys::LoadedImage>& images)
      : images_(images), mappings_(sys::ListExecutableMappings().list) {}

  // The index of the image that has this address; -1: none.
  int ImageOf(uint64_t address) const;

  // The file's name without its folders.
  std::string FileOf(size_t image) const;

  // The variables at addresses of one image, which are those of the process, or for thread-locals
  // offsets in its block of them.
  std::vector<symbolize::DataSymbol> Find(size_t image, symbolize::DataKind kind,
                                          std::vector<uint64_t> addresses) const;

 private:
  const sys::ExecutableMapping* CodeOf(size_t image) const;

  const std::vector<sys::LoadedImage>& images_;
  const std::vector<sys::ExecutableMapping> mappings_;
};

}  // namespace pprof::profiles::holders
