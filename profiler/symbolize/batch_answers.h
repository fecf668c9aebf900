// The lines of the places of one batch, put together in the places' order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "profiler/symbolize/symbol_cache.h"
#include "profiler/symbolize/symbols.h"

namespace pprof::symbolize {

// Not thread-safe.
class BatchAnswers {
 public:
  explicit BatchAnswers(size_t places) : lines_(places) {}

  void Set(uint32_t place, const CachedLines& lines);
  void MarkIncomplete(uint32_t module, size_t modules);
  Symbols Finish();

 private:
  uint32_t NumberOf(const std::shared_ptr<const Function>& function);

  Symbols symbols_;
  std::vector<std::vector<Line>> lines_;  // by place
  std::unordered_map<const Function*, uint32_t> numbers_;
};

}  // namespace pprof::symbolize
