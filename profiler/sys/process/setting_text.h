// Settings as people write them in a query or in the environment: one grammar for all of them.
// Whole numbers only. Thread safety: safe. Signal-safe. Nothing is written when the text is
// refused.
#pragma once

#include <cstdint>
#include <string_view>

namespace pprof::sys {

// Go's durations: "10m", "1h30m", "250ms"; units ns, us, ms, s, m, h. A number needs its unit, but
// for "0". False: not a duration, or longer than 100 years.
bool ParseDuration(std::string_view text, uint64_t* nanos);

// Bytes: "524288", "512k", "1M", "2g" (binary multiples); at most 1 TiB. False for anything else.
bool ParseByteSize(std::string_view text, uint64_t* bytes);

// "100"; at most `largest`. False for anything else.
bool ParseCount(std::string_view text, uint64_t largest, uint64_t* count);

}  // namespace pprof::sys
