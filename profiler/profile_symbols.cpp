#include "profiler/profile_symbols.h"

#include "profiler/symbolize/module/module_of.h"

namespace pprof {
namespace {

symbolize::ModuleRef ModuleOf(const model::Mapping& mapping) {
  symbolize::ModuleRef module = symbolize::ModuleOf(mapping);
  module.mapped = !mapping.unloaded;
  return module;
}

symbolize::Location LocationOf(const model::Profile& profile, const model::Location& location) {
  if (location.name != 0 || location.address == 0) return {};
  if (location.mapping == model::kNoMapping) return {symbolize::kJitCode, location.address};
  const model::Mapping& mapping = profile.mappings[location.mapping];
  return {location.mapping, location.address - mapping.start + mapping.offset};
}

}  // namespace

model::Symbols SymbolsOf(const model::Profile& profile, const symbolize::BatchLimits& limits) {
  symbolize::Batch batch;
  for (const model::Mapping& mapping : profile.mappings) {
    batch.modules.push_back(ModuleOf(mapping));
  }
  batch.locations.reserve(profile.locations.size());
  for (const model::Location& location : profile.locations) {
    batch.locations.push_back(LocationOf(profile, location));
  }
  return symbolize::Symbolize(batch, limits);
}

}  // namespace pprof
