// The legacy mangling looks like C++: "_ZN", names with their lengths, and a hash at the end. The
// characters that C++ names cannot have are written as "$LT$" or "$u20$", and "::" as "..".
#include "profiler/symbolize/names/rust_names.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "profiler/symbolize/names/demangle.h"
#include "profiler/symbolize/names/utf8_append.h"

namespace pprof::symbolize {
namespace {

constexpr std::pair<std::string_view, char> kEscapes[] = {
    {"SP", '@'}, {"BP", '*'}, {"RF", '&'}, {"LT", '<'},
    {"GT", '>'}, {"LP", '('}, {"RP", ')'}, {"C", ','},
};

bool IsLowerHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// "h" and 16 hexadecimal digits: every legacy name ends in one, and C++ names do not.
bool IsHash(std::string_view part) {
  constexpr size_t kHashLength = 17;
  return part.size() == kHashLength && part[0] == 'h' &&
         std::all_of(part.begin() + 1, part.end(), IsLowerHex);
}

// Takes "5Hello" off the front of `rest`.
bool TakePart(std::string_view* rest, std::string_view* part) {
  size_t length = 0;
  size_t digits = 0;
  for (; digits < rest->size() && (*rest)[digits] >= '0' && (*rest)[digits] <= '9'; ++digits) {
    length = length * 10 + static_cast<size_t>((*rest)[digits] - '0');
    if (length > rest->size()) return false;
  }
  if (length == 0 || length > rest->size() - digits) return false;
  *part = rest->substr(digits, length);
  rest->remove_prefix(digits + length);
  return true;
}

// The text of "LT" or "u20", which stood between two '$'. False: not an escape.
bool AppendEscaped(std::string_view escape, std::string* out) {
  for (const auto& [name, character] : kEscapes) {
    if (name != escape) continue;
    out->push_back(character);
    return true;
  }
  constexpr size_t kLongest = 7;
  if (escape.size() < 2 || escape.size() > kLongest || escape[0] != 'u') return false;
  uint32_t code = 0;
  for (const char c : escape.substr(1)) {
    if (!IsLowerHex(c)) return false;
    code = code * 16 + static_cast<uint32_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return AppendUtf8(code, out);
}

void AppendPart(std::string_view part, std::string* out) {
  if (part.substr(0, 2) == "_$") part.remove_prefix(1);
  while (!part.empty()) {
    const size_t end = part[0] == '$' ? part.find('$', 1) : std::string_view::npos;
    if (end != std::string_view::npos && AppendEscaped(part.substr(1, end - 1), out)) {
      part.remove_prefix(end + 1);
    } else if (part.substr(0, 2) == "..") {
      out->append("::");
      part.remove_prefix(2);
    } else {
      out->push_back(part[0]);
      part.remove_prefix(1);
    }
  }
}

bool OpensArguments(const std::string& before) {
  if (before.empty()) return false;
  const char last = before.back();
  return last == '_' || last == ':' || (last >= '0' && last <= '9') ||
         (last >= 'A' && last <= 'Z') || (last >= 'a' && last <= 'z');
}

// "<Vec<T> as Drop>::drop" becomes "<Vec as Drop>::drop". A '>' behind '-' is part of an arrow.
std::string WithoutArguments(std::string_view text) {
  std::string out;
  size_t depth = 0;  // of brackets in the arguments that are left out
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '<' && (depth > 0 || OpensArguments(out))) {
      ++depth;
      continue;
    }
    if (depth == 0) {
      out.push_back(c);
    } else if (c == '>' && text[i - 1] != '-') {
      --depth;
    }
  }
  return out;
}

bool DemangleLegacy(std::string_view symbol, std::string* name) {
  if (symbol.substr(0, 3) != "_ZN") return false;
  std::string_view rest = symbol.substr(3);
  std::vector<std::string_view> parts;
  for (std::string_view part; TakePart(&rest, &part);) parts.push_back(part);
  const bool ends = !rest.empty() && rest[0] == 'E' && (rest.size() == 1 || rest[1] == '.');
  if (!ends || parts.size() < 2 || !IsHash(parts.back())) return false;
  std::string full;
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    if (i > 0) full += "::";
    AppendPart(parts[i], &full);
  }
  *name = WithoutArguments(full);
  return name->size() <= kMaxNameBytes;
}

}  // namespace

bool DemangleRust(std::string_view symbol, std::string* name) {
  return symbol.substr(0, 2) == "_R" ? DemangleRustV0(symbol, name) : DemangleLegacy(symbol, name);
}

}  // namespace pprof::symbolize
