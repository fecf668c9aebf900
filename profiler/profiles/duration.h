// Durations as people write them in a query: "10m", "1h30m", "250ms".
#pragma once

#include <chrono>
#include <string_view>

namespace pprof::profiles {

// Reads Go's duration syntax, whole numbers only (ns, us, ms, s, m, h; a bare number is seconds).
// False: not a duration, or longer than 100 years.
bool ParseDuration(std::string_view text, std::chrono::nanoseconds* duration);

}  // namespace pprof::profiles
