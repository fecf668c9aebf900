#include "endpoints/door/authorization.h"

#include <strings.h>

#include <cstdint>

namespace pprof::http {
namespace {

constexpr size_t kMaxHeaderBytes = 8192;

// Compares every byte of `shown` regardless of differences. Reveals only the token's length.
bool EqualInConstantTime(std::string_view shown, std::string_view token) {
  volatile unsigned char difference = shown.size() == token.size() ? 0 : 1;
  for (size_t i = 0; i < shown.size(); ++i) {
    const char expected = token.empty() ? '\0' : token[i % token.size()];
    difference = difference | static_cast<unsigned char>(shown[i] ^ expected);
  }
  return difference == 0 && !token.empty();
}

bool TakeScheme(std::string_view scheme, std::string_view& header) {
  if (header.size() <= scheme.size() || header[scheme.size()] != ' ') return false;
  if (strncasecmp(header.data(), scheme.data(), scheme.size()) != 0) return false;
  header.remove_prefix(scheme.size() + 1);
  return true;
}

int Base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

}  // namespace

bool DecodeBase64(std::string_view text, std::string& decoded) {
  if (text.size() % 4 != 0 || text.size() > kMaxHeaderBytes) return false;
  size_t padding = 0;
  while (padding < 2 && !text.empty() && text.back() == '=') {
    text.remove_suffix(1);
    ++padding;
  }
  decoded.clear();
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int digit = Base64Digit(c);
    if (digit < 0) return false;
    bits = (bits << 6 | static_cast<uint32_t>(digit)) & 0xffffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    decoded.push_back(static_cast<char>(bits >> count & 0xff));
  }
  return true;
}

bool ShowsToken(std::string_view header, std::string_view token) {
  if (header.size() > kMaxHeaderBytes) return false;
  if (TakeScheme("Bearer", header)) return EqualInConstantTime(header, token);
  std::string credentials;
  if (!TakeScheme("Basic", header) || !DecodeBase64(header, credentials)) return false;
  const size_t colon = credentials.find(':');
  if (colon == std::string::npos) return false;
  const std::string_view shown = credentials;
  if (EqualInConstantTime(shown.substr(colon + 1), token)) return true;
  // A browser asks for two words, and people who have one type it into the first field.
  return shown.back() == ':' && EqualInConstantTime(shown.substr(0, shown.size() - 1), token);
}

}  // namespace pprof::http
