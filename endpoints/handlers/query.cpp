#include "endpoints/handlers/query.h"

#include <algorithm>
#include <charconv>

namespace pprof::http {
namespace {

Status Invalid(std::string message) { return {StatusCode::kInvalidArgument, std::move(message)}; }

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Decodes one byte of `text` at `i` and moves `i` past it; -1 for a broken escape.
int DecodeOne(std::string_view text, size_t& i) {
  const char c = text[i++];
  if (c == '+') return ' ';
  if (c != '%') return static_cast<unsigned char>(c);
  if (i + 2 > text.size()) return -1;
  const int high = HexDigit(text[i]);
  const int low = HexDigit(text[i + 1]);
  i += 2;
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

Result<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size();) {
    const int byte = DecodeOne(text, i);
    if (byte < 0) return Invalid("invalid query: a '%' is not followed by two hexadecimal digits");
    if (byte < 0x20 || byte == 0x7f) return Invalid("invalid query: control character");
    decoded.push_back(static_cast<char>(byte));
  }
  return decoded;
}

// Parses all of `text` as a number; false if malformed or too large. As in Go, allows a '+'.
bool ParseInt(std::string_view text, int& number) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end;
}

bool AllDigits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<Query> Query::Parse(std::string_view text) {
  if (text.size() > kMaxQueryBytes) return Invalid("invalid query: longer than 2048 bytes");
  Query query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    if (query.pairs_.size() == kMaxQueryPairs) return Invalid("invalid query: over 32 parameters");
    const size_t equals = std::min(pair.find('='), pair.size());
    auto key = PercentDecode(pair.substr(0, equals));
    if (!key.ok()) return key.status();
    auto value = PercentDecode(pair.substr(std::min(pair.size(), equals + 1)));
    if (!value.ok()) return value.status();
    query.pairs_.emplace_back(std::move(key).value(), std::move(value).value());
  }
  return query;
}

const std::string* Query::Find(std::string_view key) const {
  for (const auto& [name, value] : pairs_) {
    if (name == key) return &value;
  }
  return nullptr;
}

int Query::LenientInt(std::string_view key) const {
  const std::string* text = Find(key);
  int number = 0;
  return text != nullptr && ParseInt(*text, number) ? number : 0;
}

Result<int> Query::Seconds(int max) const {
  const std::string* text = Find("seconds");
  if (text == nullptr || text->empty()) return 0;
  int seconds = 0;
  const bool fits = ParseInt(*text, seconds);
  if (fits ? seconds > max : AllDigits(*text)) {
    return Invalid("seconds is over the limit of " + std::to_string(max) +
                   " s; split it into several requests");
  }
  if (!fits || seconds <= 0) {
    return Invalid("invalid value for \"seconds\" - must be a positive integer");  // Go's text
  }
  return seconds;
}

Result<int> Query::Hz(int fallback) const {
  const std::string* text = Find("hz");
  if (text == nullptr || text->empty()) return fallback;
  int hz = 0;
  if (!ParseInt(*text, hz) || hz < 1 || hz > 1000) {
    return Invalid("invalid value for \"hz\" - must be an integer from 1 to 1000");
  }
  return hz;
}

Result<int> Query::Samples() const {
  const std::string* text = Find("samples");
  if (text == nullptr || text->empty()) return 0;
  int samples = 0;
  if (!ParseInt(*text, samples) || samples < 1 || samples > 1000000) {
    return Invalid("invalid value for \"samples\" - must be an integer from 1 to 1000000");
  }
  return samples;
}

Result<SymbolDetail> Query::Symbolize() const {
  const std::string* text = Find("symbolize");
  if (text == nullptr || text->empty() || *text == "full") return SymbolDetail::kFull;
  if (*text == "functions") return SymbolDetail::kFunctions;
  if (*text == "none") return SymbolDetail::kNone;
  return Invalid("invalid value for \"symbolize\" - must be full, functions or none");
}

}  // namespace pprof::http
