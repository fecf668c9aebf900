// Converts text from symbols, paths and labels for readers that accept only UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace pprof::encode {

// True when `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool IsUtf8(std::string_view text);

// `text` with each byte that is not part of well-formed UTF-8 replaced by U+FFFD.
std::string ToUtf8(std::string_view text);

}  // namespace pprof::encode
