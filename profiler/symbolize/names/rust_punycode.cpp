// Names with characters beyond ASCII in Rust's v0 mangling. Source: RFC 3492, section 6.2, with '_'
// as the delimiter.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "profiler/symbolize/names/rust_names.h"
#include "profiler/symbolize/names/utf8_append.h"

namespace pprof::symbolize {
namespace {

constexpr uint32_t kBase = 36;
constexpr uint32_t kLowest = 1;    // "tmin"
constexpr uint32_t kHighest = 26;  // "tmax"
constexpr uint32_t kFirstCode = 0x80;
constexpr uint32_t kFirstBias = 72;
constexpr uint64_t kMostDelta = uint64_t{1} << 32;
constexpr size_t kMostCharacters = 512;  // each is inserted into those before it

uint32_t Adapted(uint64_t delta, size_t characters, bool first) {
  constexpr uint32_t kSkew = 38;
  constexpr uint32_t kDamp = 700;
  delta = first ? delta / kDamp : delta / 2;
  delta += delta / characters;
  uint32_t k = 0;
  for (; delta > (kBase - kLowest) * kHighest / 2; k += kBase) delta /= kBase - kLowest;
  return k + static_cast<uint32_t>((kBase - kLowest + 1) * delta / (delta + kSkew));
}

bool ReadDigit(char c, uint32_t* digit) {
  if (c >= 'a' && c <= 'z') {
    *digit = static_cast<uint32_t>(c - 'a');
  } else if (c >= '0' && c <= '9') {
    *digit = static_cast<uint32_t>(c - '0') + 26;
  } else {
    return false;
  }
  return true;
}

// Takes a number of variable length off the front of `text`.
bool TakeDelta(std::string_view* text, uint32_t bias, uint64_t* delta) {
  *delta = 0;
  uint64_t weight = 1;
  for (uint32_t k = kBase;; k += kBase) {
    uint32_t digit = 0;
    if (text->empty() || !ReadDigit((*text)[0], &digit)) return false;
    text->remove_prefix(1);
    *delta += digit * weight;
    if (*delta > kMostDelta) return false;
    const uint32_t threshold = k <= bias ? kLowest : (k >= bias + kHighest ? kHighest : k - bias);
    if (digit < threshold) return true;
    weight *= kBase - threshold;
    if (weight > kMostDelta) return false;
  }
}

}  // namespace

bool DecodeRustPunycode(std::string_view text, std::string* decoded) {
  const size_t delimiter = text.rfind('_');
  std::vector<uint32_t> characters;
  if (delimiter != std::string_view::npos) {
    characters.assign(text.begin(), text.begin() + static_cast<ptrdiff_t>(delimiter));
    text.remove_prefix(delimiter + 1);
  }
  uint64_t code = kFirstCode;
  uint64_t at = 0;
  uint32_t bias = kFirstBias;
  for (bool first = true; !text.empty(); first = false) {
    uint64_t delta = 0;
    if (characters.size() >= kMostCharacters || !TakeDelta(&text, bias, &delta)) return false;
    const size_t places = characters.size() + 1;
    bias = Adapted(delta, places, first);
    at += delta;
    code += at / places;
    at %= places;
    if (code > 0x10FFFF) return false;
    characters.insert(characters.begin() + static_cast<ptrdiff_t>(at), static_cast<uint32_t>(code));
    ++at;
  }
  decoded->clear();
  for (const uint32_t character : characters) {
    if (!AppendUtf8(character, decoded)) return false;
  }
  return true;
}

}  // namespace pprof::symbolize
