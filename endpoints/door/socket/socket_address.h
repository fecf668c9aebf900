// Addresses as the kernel takes them, and its refusals as a Status.
#pragma once

#include <sys/socket.h>

#include <string>

#include "endpoints/door/socket/listener.h"
#include "pprof/status.h"

namespace pprof::http {

// `what` and the system's words for errno: kConflict for an address in use, else kInternal.
Status SystemError(const std::string& what);

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress TcpAddress(const ListenAddress& address);
// REQUIRES: the path fits, as ParseListenAddress checks. Of a longer one the end is missing.
SocketAddress UnixAddress(const std::string& path);

}  // namespace pprof::http
