#include "endpoints/door/host_rule.h"

#include <arpa/inet.h>
#include <strings.h>

#include <algorithm>

namespace pprof::http {
namespace {

constexpr size_t kMaxHostBytes = 255;

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool IsPort(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  int port = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    port = port * 10 + (c - '0');
  }
  return port <= 65535;
}

// inet_pton accepts no octal, short forms or blanks: "127.1" and "0x7f.1" are not addresses.
bool IsAddress(int family, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return false;
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(family, std::string(text).c_str(), bytes) == 1;
}

// Removes ":PORT" from `host`; false if the name is followed by anything else.
bool DropPort(std::string_view& host) {
  const size_t name_end = host.empty() || host[0] != '[' ? host.find(':') : host.find(']') + 1;
  if (name_end >= host.size()) return true;
  const std::string_view tail = host.substr(name_end);
  host = host.substr(0, name_end);
  return tail[0] == ':' && IsPort(tail.substr(1));
}

}  // namespace

bool IsAllowedHost(std::string_view host, const std::vector<std::string>& names) {
  if (host.size() > kMaxHostBytes || !DropPort(host) || host.empty()) return false;
  if (host.front() == '[') {
    return host.back() == ']' && IsAddress(AF_INET6, host.substr(1, host.size() - 2));
  }
  if (EqualIgnoringCase(host, "localhost") || IsAddress(AF_INET, host)) return true;
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return EqualIgnoringCase(host, name); });
}

bool IsLoopbackAddress(std::string_view address) {
  if (IsAddress(AF_INET, address)) return address.substr(0, 4) == "127.";
  in6_addr bytes;
  return inet_pton(AF_INET6, std::string(address).c_str(), &bytes) == 1 &&
         IN6_IS_ADDR_LOOPBACK(&bytes);
}

bool IsOwnOrigin(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.substr(0, scheme.size()) == scheme) {
      return !host.empty() && EqualIgnoringCase(origin.substr(scheme.size()), host);
    }
  }
  return false;
}

}  // namespace pprof::http
