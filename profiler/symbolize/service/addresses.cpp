// pprof::Symbolize(): makes a batch from addresses of this process, by module.
#include <algorithm>
#include <utility>

#include "pprof/symbolize.h"
#include "profiler/symbolize/module/module_of.h"
#include "profiler/symbolize/service/symbolizer.h"
#include "profiler/sys/modules/mappings.h"

namespace pprof {
namespace {

std::vector<sys::ExecutableMapping> MappingsByAddress() {
  std::vector<sys::ExecutableMapping> mappings = sys::ListExecutableMappings().list;
  std::sort(mappings.begin(), mappings.end(),
            [](const auto& a, const auto& b) { return a.start < b.start; });
  return mappings;
}

symbolize::Location LocationOf(const std::vector<sys::ExecutableMapping>& mappings,
                               uint64_t address) {
  if (address == 0) return {};
  const auto behind = std::upper_bound(mappings.begin(), mappings.end(), address,
                                       [](uint64_t wanted, const sys::ExecutableMapping& mapping) {
                                         return wanted < mapping.start;
                                       });
  if (behind == mappings.begin() || address >= (behind - 1)->limit) {
    return {symbolize::kJitCode, address};
  }
  const auto found = behind - 1;
  return {static_cast<uint32_t>(found - mappings.begin()), address - found->start + found->offset};
}

Frames FramesOf(const model::Symbols& symbols, size_t location) {
  Frames frames;
  const uint32_t end = symbols.first_line[location + 1];
  for (uint32_t i = symbols.first_line[location]; i < end; ++i) {
    const model::Line& line = symbols.lines[i];
    const model::Function& function = *symbols.functions[line.function];
    frames.push_back({function.name, function.system_name, function.filename,
                      static_cast<int>(line.line), i + 1 < end});
  }
  return frames;
}

}  // namespace

std::vector<Frames> Symbolize(const std::vector<uint64_t>& addresses) {
  const std::vector<sys::ExecutableMapping> mappings = MappingsByAddress();
  symbolize::Batch batch;
  for (const sys::ExecutableMapping& mapping : mappings) {
    batch.modules.push_back(symbolize::ModuleOf(mapping));
  }
  for (const uint64_t address : addresses) {
    batch.locations.push_back(LocationOf(mappings, address));
  }
  const model::Symbols symbols = symbolize::Symbolize(batch);
  std::vector<Frames> all;
  all.reserve(addresses.size());
  for (size_t i = 0; i < addresses.size(); ++i) all.push_back(FramesOf(symbols, i));
  return all;
}

void SetSymbolCacheBytes(size_t bytes) { symbolize::SetCacheBytes(bytes); }

}  // namespace pprof
