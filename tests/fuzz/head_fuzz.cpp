// The parser and checks of request heads: client bytes in pieces, up to the decision to admit them.
// The first byte selects the size of the pieces, which must not change the decision.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "endpoints/door/admission.h"
#include "endpoints/door/request_head.h"

using namespace pprof::http;  // NOLINT(google-build-using-namespace): a target has one user

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

HeadReader::State Feed(HeadReader& reader, std::string_view bytes, size_t piece) {
  auto state = HeadReader::State::kIncomplete;
  while (!bytes.empty() && state == HeadReader::State::kIncomplete) {
    state = reader.Append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return state;
}

void CheckHead(const RequestHead& head) {
  Require(head.method == "GET" || head.method == "HEAD" || head.method == "POST");
  Require(!head.path.empty() && head.path[0] == '/' && head.path.size() <= kMaxPathBytes);
  Require(head.headers.size() <= kMaxHeaders && head.content_length <= kMaxBodyBytes);
  Require(head.path.find_first_of(std::string_view("\r\n\0 ", 4)) == std::string::npos);
  Options options;
  const bool in_without_token = !Admit(head, options);
  options.token = "0123456789abcdef";
  const bool in_with_token = !Admit(head, options);
  Require(in_without_token || !in_with_token);  // a token never admits other requests
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  HeadReader whole;
  HeadReader pieces;
  const auto state = Feed(whole, bytes, bytes.size());
  Require(state == Feed(pieces, bytes, size_t{data[0]} + 1));
  if (state == HeadReader::State::kComplete) {
    Require(whole.head().headers == pieces.head().headers &&
            whole.head().path == pieces.head().path && whole.rest().size() < bytes.size());
    CheckHead(whole.head());
  }
  return 0;
}
