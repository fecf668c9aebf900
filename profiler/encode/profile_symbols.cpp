#include "profiler/encode/profile_symbols.h"

#include "profiler/symbolize/symbolizer.h"

namespace pprof::encode {
namespace {

symbolize::ModuleRef ModuleOf(const model::Mapping& mapping) {
  symbolize::ModuleRef module;
  module.path = mapping.path;
  module.build_id = mapping.build_id;
  module.bias = mapping.start - mapping.offset;
  module.is_main_executable = mapping.main_executable;
  module.mapped = !mapping.unloaded;
  return module;
}

symbolize::Place PlaceOf(const model::Profile& profile, const model::Location& location) {
  if (location.name != 0 || location.address == 0) return {};
  if (location.mapping == model::kNoMapping) return {symbolize::kJitCode, location.address};
  const model::Mapping& mapping = profile.mappings[location.mapping];
  return {location.mapping, location.address - mapping.start + mapping.offset};
}

}  // namespace

symbolize::Symbols SymbolsOf(const model::Profile& profile, const symbolize::BatchLimits& limits) {
  symbolize::Batch batch;
  for (const model::Mapping& mapping : profile.mappings) {
    batch.modules.push_back(ModuleOf(mapping));
  }
  batch.places.reserve(profile.locations.size());
  for (const model::Location& location : profile.locations) {
    batch.places.push_back(PlaceOf(profile, location));
  }
  return symbolize::Symbolize(batch, limits);
}

}  // namespace pprof::encode
