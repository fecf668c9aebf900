// Appends one character to a text in UTF-8.
#pragma once

#include <cstdint>
#include <string>

namespace pprof::symbolize {

// False, and nothing is appended, for a number that is no Unicode character or a control character.
// Not async-signal-safe: allocates.
inline bool AppendUtf8(uint32_t code, std::string* out) {
  constexpr uint32_t kSixBits = 0x3F;
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  if (code < ' ' || code == 0x7F || surrogate || code > 0x10FFFF) return false;
  const auto tail = [&](unsigned shift) {
    out->push_back(static_cast<char>(0x80 | (code >> shift & kSixBits)));
  };
  if (code < 0x80) {
    out->push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out->push_back(static_cast<char>(0xC0 | code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | code >> 12));
    tail(6);
    tail(0);
  } else {
    out->push_back(static_cast<char>(0xF0 | code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
  return true;
}

}  // namespace pprof::symbolize
