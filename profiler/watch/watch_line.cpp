// WatchOptions::Parse: "/var/lib/app/captures memory=85,95".
#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "pprof/watch.h"

namespace pprof {
namespace {

Status Invalid(std::string message) { return {StatusCode::kInvalidArgument, std::move(message)}; }

// Takes the text up to `separator`, and that.
std::string_view Take(std::string_view* text, char separator) {
  const std::string_view part = text->substr(0, text->find(separator));
  text->remove_prefix(std::min(text->size(), part.size() + 1));
  return part;
}

bool ParsePercents(std::string_view text, std::vector<int>* percents) {
  percents->clear();
  while (!text.empty()) {
    const std::string_view part = Take(&text, ',');
    int percent = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), percent);
    if (error != std::errc() || end != part.data() + part.size()) return false;
    percents->push_back(percent);
  }
  return !percents->empty();
}

Status Set(std::string_view name, std::string_view value, WatchOptions* options) {
  const std::string what = std::string(name) + "=" + std::string(value);
  if (name == "memory") {
    if (ParsePercents(value, &options->memory_percent)) return {};
    return Invalid(what + " is not a list of percents such as 90,95");
  }
  return Invalid("PPROF_CPP_WATCH has no setting " + std::string(name));
}

}  // namespace

Result<WatchOptions> WatchOptions::Parse(std::string_view line) {
  WatchOptions options;
  while (!line.empty()) {
    std::string_view word = Take(&line, ' ');
    if (word.empty()) continue;
    if (options.folder.empty()) {
      options.folder = std::string(word);
      continue;
    }
    const std::string_view name = Take(&word, '=');
    if (const Status set = Set(name, word, &options); !set.ok()) return set;
  }
  if (options.folder.empty()) return Invalid("PPROF_CPP_WATCH names no folder");
  return options;
}

}  // namespace pprof
