#include "profiler/sys/process/setting_text.h"

#include <charconv>

namespace pprof::sys {
namespace {

struct Unit {
  std::string_view name;
  uint64_t size;
};
// "ms" before "m": the first match is taken.
constexpr Unit kDurations[] = {{"ns", 1},         {"us", 1000},       {"ms", 1000000},
                               {"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000}};
constexpr Unit kSizes[] = {{"k", 1 << 10}, {"K", 1 << 10}, {"m", 1 << 20},
                           {"M", 1 << 20}, {"g", 1 << 30}, {"G", 1 << 30}};
constexpr uint64_t kLongest = uint64_t{100} * 366 * 24 * 3600 * 1000000000;
constexpr uint64_t kLargestSize = uint64_t{1} << 40;

// Removes a number from the front of `text`; false: there is none.
bool TakeNumber(std::string_view* text, uint64_t* number) {
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, *number);
  if (error != std::errc()) return false;
  text->remove_prefix(static_cast<size_t>(stop - text->data()));
  return true;
}

// Removes a unit from the front of `text`; 0: there is none.
template <size_t kCount>
uint64_t TakeUnit(const Unit (&units)[kCount], std::string_view* text) {
  for (const Unit& unit : units) {
    if (text->substr(0, unit.name.size()) != unit.name) continue;
    text->remove_prefix(unit.name.size());
    return unit.size;
  }
  return 0;
}

}  // namespace

bool ParseDuration(std::string_view text, uint64_t* nanos) {
  if (text.empty()) return false;
  uint64_t total = 0;
  if (text == "0") text = "";
  while (!text.empty()) {
    uint64_t number = 0;
    if (!TakeNumber(&text, &number)) return false;
    const uint64_t unit = TakeUnit(kDurations, &text);
    if (unit == 0 || number > kLongest / unit || total > kLongest - number * unit) return false;
    total += number * unit;
  }
  *nanos = total;
  return true;
}

bool ParseByteSize(std::string_view text, uint64_t* bytes) {
  uint64_t number = 0;
  if (!TakeNumber(&text, &number)) return false;
  const uint64_t unit = text.empty() ? 1 : TakeUnit(kSizes, &text);
  if (unit == 0 || !text.empty() || number > kLargestSize / unit) return false;
  *bytes = number * unit;
  return true;
}

bool ParseCount(std::string_view text, uint64_t largest, uint64_t* count) {
  uint64_t number = 0;
  if (!TakeNumber(&text, &number) || !text.empty() || number > largest) return false;
  *count = number;
  return true;
}

}  // namespace pprof::sys
