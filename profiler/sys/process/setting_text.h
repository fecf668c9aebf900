// Parsers for settings in queries and in the environment: one grammar for both. Whole numbers only.
// Outputs are unchanged when the text is rejected. Thread safety: safe. Async-signal-safe.
#pragma once

#include <cstdint>
#include <string_view>

namespace pprof::sys {

// Go's durations: "10m", "1h30m", "250ms"; units ns, us, ms, s, m, h. A number needs a unit, except
// "0". False: not a duration, or longer than 100 years.
bool ParseDuration(std::string_view text, uint64_t* nanos);

// Bytes: "524288", "512k", "1M", "2g" (binary multiples); at most 1 TiB. False for other text.
bool ParseByteSize(std::string_view text, uint64_t* bytes);

// "100"; at most `largest`. False for other text.
bool ParseCount(std::string_view text, uint64_t largest, uint64_t* count);

}  // namespace pprof::sys
