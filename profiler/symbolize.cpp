// Symbolize() and FunctionNames(): the addresses become the stacks of a profile, which is
// symbolized as any other.
#include "pprof/symbolize.h"

#include <unordered_map>

#include "pprof/pprof.h"
#include "pprof/snapshot_builder.h"
#include "profiler/encode/profile_symbols.h"
#include "profiler/model/profile.h"
#include "profiler/symbolize/symbolizer.h"

namespace pprof {
namespace {

std::shared_ptr<const model::Profile> ProfileOf(const std::vector<uint64_t>& addresses) {
  SnapshotBuilder builder("symbol", {{"addresses", "count", ValueType::Kind::kTotal}}, {});
  for (const uint64_t address : addresses) {
    const uintptr_t pc = address;
    builder.Add(StackView{&pc, 1, /*leaf_is_exact=*/true, /*truncated=*/false}, {1});
  }
  return builder.Finish();
}

Frames FramesOf(const symbolize::Symbols& symbols, size_t location) {
  Frames frames;
  const uint32_t end = symbols.first_line[location + 1];
  for (uint32_t i = symbols.first_line[location]; i < end; ++i) {
    const symbolize::Line& line = symbols.lines[i];
    const symbolize::Function& function = *symbols.functions[line.function];
    frames.push_back({function.name, function.system_name, function.filename,
                      static_cast<int>(line.line), i + 1 < end});
  }
  return frames;
}

}  // namespace

std::vector<Frames> Symbolize(const std::vector<uint64_t>& addresses) {
  const auto profile = ProfileOf(addresses);
  const symbolize::Symbols symbols = encode::SymbolsOf(*profile);
  std::unordered_map<uint64_t, size_t> location_of;
  for (size_t i = 0; i < profile->locations.size(); ++i) {
    location_of.emplace(profile->locations[i].address, i);
  }
  std::vector<Frames> all;
  all.reserve(addresses.size());
  for (const uint64_t address : addresses) {
    all.push_back(FramesOf(symbols, location_of.at(address)));
  }
  return all;
}

// The last frame is the function that is really there; those before it were inlined into it.
std::vector<std::string> FunctionNames(const std::vector<uint64_t>& addresses) {
  std::vector<std::string> names;
  names.reserve(addresses.size());
  for (const Frames& frames : Symbolize(addresses)) {
    names.push_back(frames.empty() ? std::string() : frames.back().function);
  }
  return names;
}

void SetSymbolCacheBytes(size_t bytes) { symbolize::SetCacheBytes(bytes); }

}  // namespace pprof
