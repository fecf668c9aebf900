// Collects the lines of a batch's locations, in the order of the locations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "profiler/model/symbols.h"
#include "profiler/symbolize/service/symbol_cache.h"

namespace pprof::symbolize {

// Thread safety: none.
class BatchAnswers {
 public:
  explicit BatchAnswers(size_t locations) : lines_(locations) {}

  void Set(uint32_t location, const CachedLines& lines);
  void MarkNamed(uint32_t module, size_t modules);
  void MarkIncomplete(uint32_t module, size_t modules);
  void AddComment(std::string comment) { symbols_.comments.push_back(std::move(comment)); }
  model::Symbols Finish();

 private:
  uint32_t NumberOf(const std::shared_ptr<const model::Function>& function);

  model::Symbols symbols_;
  std::vector<std::vector<model::Line>> lines_;  // by location
  std::unordered_map<const model::Function*, uint32_t> numbers_;
};

}  // namespace pprof::symbolize
