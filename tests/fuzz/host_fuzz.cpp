// Host header, Origin header and addresses. Only exact matches may be accepted.
#include <arpa/inet.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "endpoints/door/host_rule.h"

using namespace pprof::http;  // NOLINT(google-build-using-namespace): a target has one user

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (IsAllowedHost(text, {"prof.example.org"})) {
    // Only letters of the three names, digits, and characters of addresses and ports.
    const char* const allowed = "localhstprfexmgLOCALHSTPRFEXMGiI0123456789abcdefABCDEF.:[]";
    if (text.find_first_not_of(allowed) != std::string_view::npos) std::abort();
    if (!IsOwnOrigin("http://" + std::string(text), text)) std::abort();
  }
  if (IsOwnOrigin(text, "localhost:6060") && text.size() > sizeof "https://localhost:6060") {
    std::abort();
  }
  if (IsLoopbackAddress(text)) {
    in6_addr bytes;
    const std::string copy(text);
    const int family = copy.find(':') == std::string::npos ? AF_INET : AF_INET6;
    if (inet_pton(family, copy.c_str(), &bytes) != 1) std::abort();
  }
  return 0;
}
