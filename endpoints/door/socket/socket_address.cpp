#include "endpoints/door/socket/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cerrno>
#include <system_error>

namespace pprof::http {

Status SystemError(const std::string& what) {
  const int error = errno;
  const auto code = error == EADDRINUSE ? StatusCode::kConflict : StatusCode::kInternal;
  return {code, what + ": " + std::generic_category().message(error)};
}

SocketAddress TcpAddress(const ListenAddress& address) {
  SocketAddress result;
  if (address.host.find(':') == std::string::npos) {
    auto& in = reinterpret_cast<sockaddr_in&>(result.storage);
    in.sin_family = AF_INET;
    in.sin_port = htons(address.port);
    inet_pton(AF_INET, address.host.c_str(), &in.sin_addr);
    result.size = sizeof in;
  } else {
    auto& in6 = reinterpret_cast<sockaddr_in6&>(result.storage);
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(address.port);
    inet_pton(AF_INET6, address.host.c_str(), &in6.sin6_addr);
    result.size = sizeof in6;
  }
  return result;
}

SocketAddress UnixAddress(const std::string& path) {
  SocketAddress result;
  auto& un = reinterpret_cast<sockaddr_un&>(result.storage);
  un.sun_family = AF_UNIX;
  path.copy(un.sun_path, sizeof un.sun_path - 1);
  result.size = sizeof un;
  return result;
}

}  // namespace pprof::http
