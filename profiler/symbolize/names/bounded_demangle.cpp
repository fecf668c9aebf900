#include "profiler/symbolize/names/bounded_demangle.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace pprof::symbolize {
namespace {

// A reference to an earlier part, "S_" or "S1A_", can double the tree of parts. Up to this size the
// demangler may build it.
constexpr size_t kMostParts = size_t{1} << 20;

// Stand-ins for references: identifiers of the same size that no compiler writes. "S1A_" becomes
// '3', kPart, '1' | kSequence, 'A' | kSequence.
constexpr char kPart = '\1';
constexpr char kArgument = '\2';
constexpr unsigned char kSequence = 0x80;
constexpr size_t kLongSequence = 4;  // without leading zeros, 16 KiB have no number over 3 digits

struct FreeDeleter {
  void operator()(char* text) const { std::free(text); }
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The length of the reference at `at`, or 0: "S12_" to a part, "T12_" to a template argument. Text
// inside identifiers may look the same.
size_t ReferenceAt(std::string_view name, size_t at) {
  if (name[at] != 'S' && name[at] != 'T') return 0;
  const bool letters = name[at] == 'S';
  size_t end = at + 1;
  while (end < name.size() &&
         (IsDigit(name[end]) || (letters && name[end] >= 'A' && name[end] <= 'Z'))) {
    ++end;
  }
  if (end >= name.size() || name[end] != '_') return 0;
  const size_t length = end + 1 - at;
  // "SCEVERNS0_": capitals of identifiers before the reference.
  const bool begins_later = name.substr(at + 1, length - 1).find('S') != std::string_view::npos;
  return length > kLongSequence && begins_later ? 0 : length;
}

bool PartsMayBeTooMany(std::string_view name) {
  size_t parts = name.size();
  for (size_t at = 0; at < name.size() && parts <= kMostParts; ++at) {
    if (name[at] == 'S' && ReferenceAt(name, at) != 0) parts *= 2;
  }
  return parts > kMostParts;
}

// "7S_IRUSR": the digits are the length of an identifier. Those after "_" are a number.
bool BeginsIdentifier(std::string_view name, size_t at) {
  const size_t before = name.substr(0, at).find_last_not_of("0123456789");
  return before + 1 < at && name[before] != '_';
}

// Those to template arguments are always replaced, since an invalid one may refer to itself.
std::string ReplaceReferences(std::string name, bool parts_too) {
  for (size_t at = 2; at < name.size();) {
    const size_t length = ReferenceAt(name, at);
    constexpr size_t kLongest = 10;  // one digit for the length of the identifier
    if (length > kLongest) return "";
    if (length == 0 || (name[at] == 'S' && !parts_too) || BeginsIdentifier(name, at)) {
      at += length == 0 ? 1 : length;
      continue;
    }
    if (name[at - 1] == 'A' && at + length < name.size() && name[at + length] == '_') {
      std::fill_n(name.begin() + static_cast<ptrdiff_t>(at), length, '0');  // "AT__", a bound
      continue;
    }
    const char kind = name[at] == 'S' ? kPart : kArgument;
    for (size_t i = length - 1; i > 1; --i) {
      name[at + i] = static_cast<char>(static_cast<unsigned char>(name[at + i - 1]) | kSequence);
    }
    name[at] = static_cast<char>('0' + length - 1);
    name[at + 1] = kind;
    at += length;
  }
  return name;
}

// Undoes it inside identifiers, where the length is left. Elsewhere a part becomes "_", and a
// template argument what it is in a lambda's parameters, "auto:1".
std::string RestoreReferences(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    const char kind = text[at];
    if (kind != kPart && kind != kArgument) {
      out += kind;
      continue;
    }
    std::string sequence;
    while (at + 1 < text.size() && (static_cast<unsigned char>(text[at + 1]) & kSequence) != 0) {
      sequence += static_cast<char>(static_cast<unsigned char>(text[++at]) & ~kSequence);
    }
    if (!out.empty() && out.back() == static_cast<char>('1' + sequence.size())) {
      out.back() = kind == kPart ? 'S' : 'T';
      out += sequence + "_";
    } else if (kind == kPart) {
      out += "_";
    } else {
      out += "auto:" + std::to_string(sequence.empty() ? 1 : std::atoi(sequence.c_str()) + 2);
    }
  }
  return out;
}

}  // namespace

std::string BoundedDemangle(std::string_view linkage_name) {
  const bool has_stand_ins = linkage_name.find_first_of("\1\2") != std::string_view::npos;
  if (linkage_name.size() > kMaxDemangledBytes || has_stand_ins) return "";
  const std::string name =
      ReplaceReferences(std::string(linkage_name), PartsMayBeTooMany(linkage_name));
  int status = 0;
  const std::unique_ptr<char, FreeDeleter> full(
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status));
  if (full == nullptr) return "";
  std::string text = RestoreReferences(full.get());
  return text.size() <= kMaxDemangledBytes ? text : "";
}

}  // namespace pprof::symbolize
