#include "profiler/encode/text_quote.h"

#include "profiler/encode/utf8.h"

namespace pprof::encode {
namespace {

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::string Escaped(char c) {
  constexpr std::string_view kNamed = "\a\b\f\n\r\t\v";
  const size_t named = kNamed.find(c);
  if (named != std::string_view::npos) return {'\\', "abfnrtv"[named]};
  const auto byte = static_cast<unsigned char>(c);
  return {'\\', 'x', "0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
}

}  // namespace

std::string OneLine(std::string_view text) {
  std::string line = ToUtf8(text);
  for (char& c : line) {
    if (IsControl(c)) c = ' ';
  }
  return line;
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : ToUtf8(text)) {
    if (IsControl(c)) {
      quoted += Escaped(c);
      continue;
    }
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace pprof::encode
