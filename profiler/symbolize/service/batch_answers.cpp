#include "profiler/symbolize/service/batch_answers.h"

#include <utility>

namespace pprof::symbolize {

void BatchAnswers::Set(uint32_t location, const CachedLines& lines) {
  for (const CachedLine& line : lines) {
    lines_[location].push_back({NumberOf(line.function), line.line});
  }
}

void BatchAnswers::MarkNamed(uint32_t module, size_t modules) {
  symbols_.has_names.resize(modules);
  symbols_.has_names[module] = true;
}

void BatchAnswers::MarkIncomplete(uint32_t module, size_t modules) {
  symbols_.incomplete.resize(modules);
  symbols_.incomplete[module] = true;
}

model::Symbols BatchAnswers::Finish() {
  for (const std::vector<model::Line>& lines : lines_) {
    symbols_.first_line.push_back(static_cast<uint32_t>(symbols_.lines.size()));
    symbols_.lines.insert(symbols_.lines.end(), lines.begin(), lines.end());
  }
  symbols_.first_line.push_back(static_cast<uint32_t>(symbols_.lines.size()));
  return std::move(symbols_);
}

uint32_t BatchAnswers::NumberOf(const std::shared_ptr<const model::Function>& function) {
  const auto next = static_cast<uint32_t>(symbols_.functions.size());
  const auto [entry, added] = numbers_.emplace(function.get(), next);
  if (added) symbols_.functions.push_back(function);
  return entry->second;
}

}  // namespace pprof::symbolize
