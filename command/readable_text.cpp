#include "command/readable_text.h"

#include <fmt/format.h>

#include <cmath>

namespace pprof::command {
namespace {

struct Unit {
  double size;
  const char* name;
};

// The first unit that leaves at least 1 in front of the point.
template <size_t kCount>
std::string InLargest(int64_t value, const Unit (&units)[kCount]) {
  if (value == 0) return "0";
  for (const Unit& unit : units) {
    if (std::abs(static_cast<double>(value)) >= unit.size) {
      return fmt::format("{:.1f} {}", static_cast<double>(value) / unit.size, unit.name);
    }
  }
  return fmt::format("{} {}", value, units[kCount - 1].name);
}

constexpr Unit kBytes[] = {
    {1024.0 * 1024 * 1024, "GiB"}, {1024.0 * 1024, "MiB"}, {1024.0, "KiB"}, {1e18, "B"}};
constexpr Unit kNanoseconds[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1e18, "ns"}};

constexpr size_t kLongest = 64;

std::string Text(const tm& parts, const char* form) {
  char text[kLongest];
  return {text, std::strftime(text, sizeof text, form, &parts)};
}

}  // namespace

std::string SizeText(int64_t bytes) { return InLargest(bytes, kBytes); }

std::string ValueText(int64_t value, const std::string& unit) {
  if (unit == "bytes") return SizeText(value);
  if (unit == "nanoseconds") return InLargest(value, kNanoseconds);
  return std::to_string(value);
}

std::string LocalTimeText(time_t when, const char* form) {
  tm parts{};
  return Text(*localtime_r(&when, &parts), form);
}

std::string AsFileName(std::string text) {
  for (char& c : text) {
    if (c == '/' || c == ':') c = '_';
  }
  return text;
}

std::string FileTimeText() {
  const time_t now = time(nullptr);
  tm parts{};
  return Text(*gmtime_r(&now, &parts), "%Y%m%dT%H%M%SZ");
}

}  // namespace pprof::command
