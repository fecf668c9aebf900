#include "profiler/monitoring/json.h"

#include <algorithm>

namespace pprof::monitoring {

std::string JsonString(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      quoted.append("\\u00") += {kHex[byte >> 4], kHex[byte & 15]};
      continue;
    }
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string SecondsText(int64_t nanos) {
  constexpr int64_t kNanosPerMilli = 1000000;
  constexpr int64_t kMillis = 1000;
  const int64_t millis = std::max<int64_t>(0, nanos / kNanosPerMilli);
  const std::string fraction = std::to_string(kMillis + millis % kMillis);  // "1250"
  return std::to_string(millis / kMillis) + "." + fraction.substr(1);
}

}  // namespace pprof::monitoring
