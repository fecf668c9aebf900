#include "tests/unit/large_profile.h"

#include <random>
#include <string>

namespace pprof::test {
namespace {

constexpr uint32_t kSamples = 100'000;
constexpr uint32_t kDepth = 30;
constexpr uint32_t kLocations = 25'000;
constexpr uint32_t kFunctions = 8'000;
constexpr uint32_t kMappings = 40;
constexpr uint64_t kBase = 0x7f0000000000;

void AddMappings(model::Profile& profile) {
  profile.mappings.reserve(kMappings);
  for (uint64_t i = 0; i < kMappings; ++i) {
    const uint64_t start = kBase + (i << 20);
    profile.mappings.push_back({start, start + (1 << 20), 0,
                                "/usr/lib/libsome_module_" + std::to_string(i) + ".so",
                                "0123456789abcdef0123456789abcdef" + std::to_string(i)});
  }
}

void AddSamples(model::Profile& profile, std::mt19937_64& random) {
  profile.samples.reserve(kSamples);
  profile.frames.reserve(size_t{kSamples} * kDepth);
  profile.sample_values.reserve(size_t{kSamples} * 4);
  for (uint32_t i = 0; i < kSamples; ++i) {
    profile.samples.push_back({profile.frames.size(), kDepth, 0});
    for (uint32_t frame = 0; frame < kDepth; ++frame) {
      profile.frames.push_back(static_cast<uint32_t>(random() % kLocations));
    }
    for (int value = 0; value < 4; ++value) {
      profile.sample_values.push_back(static_cast<int64_t>(random() % 100'000));
    }
  }
}

}  // namespace

model::Profile LargeProfile() {
  std::mt19937_64 random(42);
  model::Profile profile;
  profile.name = "heap";
  profile.values = {{"alloc_objects", "count"},
                    {"alloc_space", "bytes"},
                    {"inuse_objects", "count"},
                    {"inuse_space", "bytes"}};
  AddMappings(profile);
  profile.locations.reserve(kLocations);
  for (uint32_t i = 0; i < kLocations; ++i) {
    const uint64_t address = kBase + (uint64_t{i % kMappings} << 20) + i * 37;
    profile.locations.push_back({address, i % kMappings, 0});
  }
  AddSamples(profile, random);
  return profile;
}

model::Symbols LargeSymbols(const model::Profile& profile) {
  model::Symbols symbols;
  symbols.functions.reserve(kFunctions);
  for (uint32_t i = 0; i < kFunctions; ++i) {
    auto function = std::make_shared<model::Function>();
    const std::string number = std::to_string(i);
    function->name = "company::product::component" + number + "::Handler::HandleRequest" + number;
    function->system_name = "_ZN7company7product9component" + number + "7Handler13HandleRequest" +
                            number + "ERKNS0_7RequestEPNS0_8ResponseE";
    function->filename = "/build/src/product/component" + std::to_string(i / 10) + ".cpp";
    symbols.functions.push_back(std::move(function));
  }
  symbols.lines.reserve(profile.locations.size() * 2);
  symbols.first_line.reserve(profile.locations.size() + 1);
  for (uint32_t i = 0; i < profile.locations.size(); ++i) {
    symbols.first_line.push_back(static_cast<uint32_t>(symbols.lines.size()));
    symbols.lines.push_back({i % kFunctions, i % 1000});
    if (i % 3 == 0) symbols.lines.push_back({(i * 7) % kFunctions, i % 500});
  }
  symbols.first_line.push_back(static_cast<uint32_t>(symbols.lines.size()));
  symbols.has_names.assign(profile.mappings.size(), true);
  return symbols;
}

}  // namespace pprof::test
