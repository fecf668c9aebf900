// The query of a request, "seconds=5&debug=1", taken apart and checked. Everything here is hostile:
// bounds come first. Fuzzed by tests/fuzz/query_fuzz.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pprof/pprof.h"

namespace pprof::http {

constexpr size_t kMaxQueryBytes = 2048;
constexpr size_t kMaxQueryPairs = 32;

// The pairs of a query, percent-decoded, in their order. As in Go the first of equal keys counts.
class Query {
 public:
  // Errors: kInvalidArgument for a broken percent-escape, a control character, or too much of it.
  static Result<Query> Parse(std::string_view text);

  // The value of `key`, or nullptr.
  const std::string* Find(std::string_view key) const;

  // Go's Atoi: what is not a number counts as 0. For `debug` and `gc`.
  int LenientInt(std::string_view key) const;

  // The value of `seconds`: 0 when absent or empty.
  // Errors: kInvalidArgument with Go's text for anything but a positive number, with ours over
  // `max`.
  Result<int> Seconds(int max) const;

  // The value of `hz`, `fallback` when absent. Errors: kInvalidArgument outside 1..1000.
  Result<int> Hz(int fallback) const;

  // The value of `symbolize`, full when absent or empty. Errors: kInvalidArgument for another word.
  Result<SymbolDetail> Symbolize() const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace pprof::http
