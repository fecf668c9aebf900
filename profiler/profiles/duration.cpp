#include "profiler/profiles/duration.h"

#include <charconv>
#include <cstdint>

namespace pprof::profiles {
namespace {

struct Unit {
  std::string_view name;
  uint64_t nanos;
};
// "ms" before "m": the first that fits is taken.
constexpr Unit kUnits[] = {{"ns", 1},         {"us", 1000},       {"ms", 1000000},
                           {"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000}};
constexpr uint64_t kLongest = uint64_t{100} * 366 * 24 * 3600 * 1000000000;

// Takes the unit off the front of `text`; 0: none there.
uint64_t TakeUnit(std::string_view* text) {
  for (const Unit& unit : kUnits) {
    if (text->substr(0, unit.name.size()) != unit.name) continue;
    text->remove_prefix(unit.name.size());
    return unit.nanos;
  }
  return 0;
}

}  // namespace

bool ParseDuration(std::string_view text, std::chrono::nanoseconds* duration) {
  if (text.empty()) return false;
  const bool bare = text.find_first_not_of("0123456789") == std::string_view::npos;
  uint64_t total = 0;
  while (!text.empty()) {
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    const uint64_t unit = bare ? 1000000000 : TakeUnit(&text);
    if (unit == 0 || number > kLongest / unit || total > kLongest - number * unit) return false;
    total += number * unit;
  }
  *duration = std::chrono::nanoseconds(total);
  return true;
}

}  // namespace pprof::profiles
