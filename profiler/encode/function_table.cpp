#include "profiler/encode/function_table.h"

#include <utility>

namespace pprof::encode {
namespace {

// "[libc.so.6]", as pprof shows frames of a module without symbols.
std::string InBrackets(const std::string& path) {
  if (!path.empty() && path[0] == '[') return path;
  return "[" + path.substr(path.rfind('/') + 1) + "]";
}

}  // namespace

FunctionTable::FunctionTable(const model::Profile& profile, const model::Symbols& symbols)
    : profile_(profile),
      symbols_(symbols),
      mappings_(profile.mappings.size()),
      of_mapping_(profile.mappings.size()) {
  for (size_t i = 0; i < mappings_.size(); ++i) mappings_[i].functions = HasNames(i);
  for (size_t i = 0; i < profile.locations.size(); ++i) ReadLocation(i);
  AddStandIns();
}

uint64_t FunctionTable::StandInFor(const model::Location& location) const {
  if (location.name != 0) return first_name_ + location.name - 1;
  if (location.mapping == model::kNoMapping) return of_unknown_;
  return of_mapping_[location.mapping];
}

bool FunctionTable::HasNames(size_t mapping) const {
  const bool incomplete = !symbols_.incomplete.empty() && symbols_.incomplete[mapping];
  return !incomplete && mapping < symbols_.has_names.size() && symbols_.has_names[mapping];
}

void FunctionTable::ReadLocation(size_t index) {
  const uint32_t mapping = profile_.locations[index].mapping;
  if (mapping == model::kNoMapping || !HasNames(mapping)) return;
  MappingSymbols& found = mappings_[mapping];
  for (uint32_t i = symbols_.first_line[index]; i < symbols_.first_line[index + 1]; ++i) {
    const model::Line& line = symbols_.lines[i];
    found.filenames |= !symbols_.functions[line.function]->filename.empty();
    found.line_numbers |= line.line != 0;
  }
}

void FunctionTable::AddStandIns() {
  std::vector<bool> needed(mappings_.size());
  bool unknown = false;
  for (size_t i = 0; i < profile_.locations.size(); ++i) {
    const model::Location& location = profile_.locations[i];
    if (location.name != 0 || symbols_.first_line[i] != symbols_.first_line[i + 1]) continue;
    if (location.mapping == model::kNoMapping) {
      unknown = true;
    } else {
      needed[location.mapping] = mappings_[location.mapping].functions;
    }
  }
  for (size_t i = 0; i < needed.size(); ++i) {
    if (needed[i]) of_mapping_[i] = AddStandIn(InBrackets(profile_.mappings[i].path));
  }
  if (unknown) of_unknown_ = AddStandIn("[unknown]");
  first_name_ = symbols_.functions.size() + stand_ins_.size() + 1;
  for (const std::string& name : profile_.frame_names) AddStandIn(name);
}

uint64_t FunctionTable::AddStandIn(std::string name) {
  stand_ins_.push_back(std::move(name));
  return symbols_.functions.size() + stand_ins_.size();
}

}  // namespace pprof::encode
