// FunctionNames(): the addresses become the stacks of a profile, which is symbolized as any other.
#include <string>
#include <unordered_map>
#include <vector>

#include "pprof/pprof.h"
#include "pprof/snapshot_builder.h"
#include "profiler/model/profile.h"
#include "profiler/encode/profile_symbols.h"

namespace pprof {

std::vector<std::string> FunctionNames(const std::vector<uint64_t>& addresses) {
  SnapshotBuilder builder("symbol", {{"addresses", "count", ValueType::Kind::kTotal}}, {});
  for (const uint64_t address : addresses) {
    const uintptr_t pc = address;
    builder.Add(StackView{&pc, 1, /*leaf_is_exact=*/true, /*truncated=*/false}, {1});
  }
  const auto profile = builder.Finish();
  const symbolize::Symbols symbols = encode::SymbolsOf(*profile);

  std::unordered_map<uint64_t, const std::string*> name_of;
  for (size_t i = 0; i < profile->locations.size(); ++i) {
    // The last line is the function that is really there; those before it were inlined into it.
    const uint32_t end = symbols.first_line[i + 1];
    if (end == symbols.first_line[i]) continue;
    name_of[profile->locations[i].address] =
        &symbols.functions[symbols.lines[end - 1].function]->name;
  }
  std::vector<std::string> names;
  names.reserve(addresses.size());
  for (const uint64_t address : addresses) {
    const auto found = name_of.find(address);
    names.push_back(found == name_of.end() ? std::string() : *found->second);
  }
  return names;
}

}  // namespace pprof
