// The head of a request, read strictly: what is not exactly the HTTP that curl, wget, browsers and
// the pprof tools send is refused. Everything here is hostile. Fuzzed by tests/fuzz/head_fuzz.cpp.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "endpoints/limits/refusals.h"

namespace pprof::http {

constexpr size_t kMaxHeadBytes = size_t{16} << 10;
constexpr size_t kMaxPathBytes = 1024;
constexpr size_t kMaxHeaders = 100;
constexpr size_t kMaxHeaderBytes = 8000;  // httplib gives up at 8192
constexpr size_t kMaxBodyBytes = size_t{1} << 20;

// Why a request is turned away before anything runs for it.
struct Refused {
  int status = 400;
  Refusal cause = Refusal::kMalformed;
  std::string text;    // a sentence for people
  std::string header;  // one more header of the answer, e.g. "Allow"; empty: none
  std::string header_value;
};

struct RequestHead {
  std::string method;
  std::string path;                                 // starts with '/', visible ASCII
  std::string query;                                // without '?'
  std::multimap<std::string, std::string> headers;  // names in lower case
  size_t content_length = 0;

  // The value of the only header of that (lower-case) name; nullptr when there is none.
  const std::string* Find(std::string_view name) const;
};

// Reads a head as its bytes arrive, each byte once: a line is taken apart when its end is here, so
// that nonsense is refused at once and not at the deadline. Thread safety: none.
class HeadReader {
 public:
  enum class State { kIncomplete, kComplete, kRefused };

  // Takes more bytes. After kComplete or kRefused it is not called again.
  State Append(std::string_view bytes);

  // The parts that were read so far; all of them after kComplete.
  const RequestHead& head() const { return head_; }

  // After kComplete: the bytes behind the head.
  std::string_view rest() const { return std::string_view(bytes_).substr(scanned_); }

  // After kRefused: why.
  const Refused& refused() const { return refused_; }

 private:
  std::optional<Refused> TakeByte();
  std::optional<Refused> TakeLine(std::string_view line);

  std::string bytes_;
  size_t scanned_ = 0;     // bytes that were looked at
  size_t line_begin_ = 0;  // of the line that is being read
  bool have_request_line_ = false;
  bool complete_ = false;
  RequestHead head_;
  Refused refused_;
};

}  // namespace pprof::http
