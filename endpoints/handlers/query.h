// Parses and checks the query of a request, "seconds=5&debug=1". All input is hostile: bounds are
// checked first. Fuzzed by tests/fuzz/query_fuzz.cpp.
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

// The pairs of a query, percent-decoded, in order. As in Go, the first of equal keys wins.
class Query {
 public:
  // Errors: kInvalidArgument for a broken percent-escape, a control character, or excessive size.
  static Result<Query> Parse(std::string_view text);

  // The value of `key`, or nullptr.
  const std::string* Find(std::string_view key) const;

  // Go's Atoi: malformed numbers count as 0. For `debug` and `gc`.
  int LenientInt(std::string_view key) const;

  // The value of `seconds`; 0 if absent or empty.
  // Errors: kInvalidArgument with Go's text unless a positive number, with our text above `max`.
  Result<int> Seconds(int max) const;

  // The value of `hz`; `fallback` if absent. Errors: kInvalidArgument outside 1..1000.
  Result<int> Hz(int fallback) const;

  // The value of `samples`; 0, for all, if absent or empty. Errors: kInvalidArgument outside
  // 1..1,000,000.
  Result<int> Samples() const;

  // The value of `symbolize`; full if absent or empty. Errors: kInvalidArgument for other words.
  Result<SymbolDetail> Symbolize() const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace pprof::http
