// Strict parser of request heads: accepts only HTTP as sent by curl, wget, browsers and the pprof
// tools. All input is hostile. Fuzzed by tests/fuzz/head_fuzz.cpp.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "endpoints/limits/refusals.h"

namespace pprof::http {

constexpr size_t kMaxHeadBytes = size_t{16} << 10;
constexpr size_t kMaxPathBytes = 1024;
constexpr size_t kMaxHeaders = 100;
constexpr size_t kMaxHeaderBytes = 8000;  // httplib's limit is 8192
constexpr size_t kMaxBodyBytes = size_t{1} << 20;

// A request refused before any work is done for it.
struct Refused {
  int status = 400;
  Refusal cause = Refusal::kMalformed;
  std::string text;    // a sentence for users
  std::string header;  // additional header of the answer, e.g. "Allow"; empty: none
  std::string header_value;
};

// For what may be served a moment later.
inline Refused Busy(std::string text) {
  return {503, Refusal::kBusy, std::move(text), "Retry-After", "1"};
}

struct RequestHead {
  std::string method;
  std::string path;                                 // starts with '/', visible ASCII
  std::string query;                                // without '?'
  std::multimap<std::string, std::string> headers;  // names in lower case
  size_t content_length = 0;

  // The value of the only header with this (lower-case) name; nullptr if there is none.
  const std::string* Find(std::string_view name) const;
};

// Parses a head as its bytes arrive, each byte once: a line is parsed when it is complete, so that
// malformed input is refused at once and not at the deadline. Thread safety: none.
class HeadReader {
 public:
  enum class State { kIncomplete, kComplete, kRefused };

  // Adds bytes. REQUIRES: not called again after kComplete or kRefused.
  State Append(std::string_view bytes);

  // The parts parsed so far; all of them after kComplete.
  const RequestHead& head() const { return head_; }

  // After kComplete: the bytes after the head.
  std::string_view rest() const { return std::string_view(bytes_).substr(scanned_); }

  // After kRefused: the reason.
  const Refused& refused() const { return refused_; }

 private:
  std::optional<Refused> TakeByte();
  std::optional<Refused> TakeLine(std::string_view line);

  std::string bytes_;
  size_t scanned_ = 0;     // bytes scanned
  size_t line_begin_ = 0;  // start of the current line
  bool have_request_line_ = false;
  bool complete_ = false;
  RequestHead head_;
  Refused refused_;
};

}  // namespace pprof::http
