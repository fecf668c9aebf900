// WatchOptions::Parse: "/var/lib/app/captures memory=85,95".
#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "pprof/watch.h"
#include "profiler/sys/process/setting_text.h"
#include "profiler/sys/thread/thread_signal.h"

namespace pprof {
namespace {

Status Invalid(std::string message) { return {StatusCode::kInvalidArgument, std::move(message)}; }

// Takes the text up to `separator`, and that.
std::string_view Take(std::string_view* text, char separator) {
  const std::string_view part = text->substr(0, text->find(separator));
  text->remove_prefix(std::min(text->size(), part.size() + 1));
  return part;
}

bool ParseInt(std::string_view text, int* number) {
  uint64_t parsed = 0;
  if (!sys::ParseCount(text, INT32_MAX, &parsed)) return false;
  *number = static_cast<int>(parsed);
  return true;
}

bool ParsePercents(std::string_view text, std::vector<int>* percents) {
  percents->clear();
  while (!text.empty()) {
    int percent = 0;
    if (!ParseInt(Take(&text, ','), &percent)) return false;
    percents->push_back(percent);
  }
  return !percents->empty();
}

bool ParseSeconds(std::string_view text, std::chrono::seconds* seconds) {
  uint64_t nanos = 0;
  if (!sys::ParseDuration(text, &nanos)) return false;
  *seconds = std::chrono::seconds(nanos / 1000000000);
  return true;
}

bool ParseCores(std::string_view text, double* cores) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *cores);
  return error == std::errc() && end == text.data() + text.size();
}

bool ParseSignal(std::string_view text, int* number) {
  *number = sys::SignalNamed(text);
  return *number != 0;
}

bool ParseWords(std::string_view text, std::vector<std::string>* words) {
  words->clear();
  while (!text.empty()) words->emplace_back(Take(&text, ','));
  return !words->empty();
}

// False: a value that the setting does not have. `known`: whether there is such a setting.
bool Set(std::string_view name, std::string_view value, WatchOptions* options, bool* known) {
  *known = true;
  if (name == "memory") return ParsePercents(value, &options->memory_percent);
  if (name == "high-water") return ParseInt(value, &options->high_water_percent);
  if (name == "slope") return ParseSeconds(value, &options->slope_within);
  if (name == "cpu") return ParseCores(value, &options->cpu_cores);
  if (name == "cpu-for") return ParseSeconds(value, &options->cpu_for);
  if (name == "threads") return ParseInt(value, &options->threads);
  if (name == "lock") return ParseSeconds(value, &options->lock_wait);
  if (name == "signal") return ParseSignal(value, &options->signal);
  if (name == "cooldown") return ParseSeconds(value, &options->cooldown);
  if (name == "warm-up") return ParseSeconds(value, &options->warm_up);
  if (name == "daily") return ParseInt(value, &options->most_a_day);
  if (name == "hook") return ParseWords(value, &options->hook);
  *known = false;
  return false;
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
    const std::string setting(word);
    const std::string_view name = Take(&word, '=');
    bool known = false;
    if (Set(name, word, &options, &known)) continue;
    if (known) return Invalid(setting + " has a value that it cannot have");
    return Invalid("a watch has no setting " + std::string(name));
  }
  if (options.folder.empty()) return Invalid("a watch needs a folder");
  return options;
}

}  // namespace pprof
