#include <arpa/inet.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <string_view>

#include "endpoints/door/socket/listener.h"
#include "endpoints/door/socket/unix_folder.h"

namespace pprof::http {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";
constexpr std::string_view kOwnSocket = "unix";

Status Invalid(const std::string& text, const std::string& why) {
  return {StatusCode::kInvalidArgument,
          "address \"" + text + "\": " + why +
              "; use HOST:PORT with a numeric host, e.g. 127.0.0.1:6060 or [::1]:6060, or "
              "unix:/path/to.sock, or unix for a socket of each process"};
}

std::string WithPid(std::string_view path) {
  std::string replaced;
  for (size_t i = 0; i < path.size(); ++i) {
    const bool is_pid = path.substr(i, 2) == "%p";
    replaced += is_pid ? std::to_string(getpid()) : std::string(1, path[i]);
    if (is_pid) ++i;
  }
  return replaced;
}

Result<ListenAddress> ParseUnix(const std::string& text, const std::string& asked) {
  ListenAddress address;
  address.unix_path = WithPid(asked);
  address.is_of_process = address.unix_path != asked;
  const std::string& path = address.unix_path;
  if (path.empty() || path[0] != '/') {
    return Invalid(text, "the path of the socket is not absolute");
  }
  if (path.size() >= sizeof(sockaddr_un{}.sun_path) || path.find('\0') != std::string::npos) {
    return Invalid(text, "the path of the socket is longer than 107 bytes");
  }
  return address;
}

bool IsNumericHost(const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)];
  if (host.find('\0') != std::string::npos) return false;
  return inet_pton(host.find(':') == std::string::npos ? AF_INET : AF_INET6, host.c_str(), bytes) ==
         1;
}

}  // namespace

Result<ListenAddress> ParseListenAddress(const std::string& text) {
  if (text == kOwnSocket) return ParseUnix(text, DefaultSocketPath());
  if (text.compare(0, kUnixPrefix.size(), kUnixPrefix) == 0) {
    return ParseUnix(text, text.substr(kUnixPrefix.size()));
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return Invalid(text, "it has no port");
  ListenAddress address;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, address.port);
  if (error != std::errc() || stop != end) return Invalid(text, "the port is not 0 to 65535");
  address.host = text.substr(0, colon);
  if (address.host == "localhost") address.host = "127.0.0.1";
  const bool brackets = address.host.size() > 2 && address.host[0] == '[';
  if (brackets && address.host.back() == ']') {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  if (brackets != (address.host.find(':') != std::string::npos) || !IsNumericHost(address.host)) {
    return Invalid(text, "the host is neither an IP address nor localhost");
  }
  return address;
}

}  // namespace pprof::http
