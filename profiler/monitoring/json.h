// Pieces of JSON and CSV. Independent of the program's locale, unlike printf.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pprof::monitoring {

// `text` in double quotes, with quotes, backslashes and control characters escaped. REQUIRES:
// UTF-8.
std::string JsonString(std::string_view text);

// "1764319838.250": seconds with three digits after the point. What is negative is "0.000".
std::string SecondsText(int64_t nanos);

}  // namespace pprof::monitoring
