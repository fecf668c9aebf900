#include "endpoints/door/socket/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace pprof::http {
namespace {

Peer UnixPeer(int fd) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return {"unknown"};
  return {"pid " + std::to_string(credentials.pid) + " uid " + std::to_string(credentials.uid),
          credentials.uid};
}

Peer TcpPeer(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {"unknown"};
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<sockaddr_in&>(storage);
    inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    return {std::string(text) + ":" + std::to_string(ntohs(in.sin_port))};
  }
  const auto& in6 = reinterpret_cast<sockaddr_in6&>(storage);
  inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
  return {"[" + std::string(text) + "]:" + std::to_string(ntohs(in6.sin6_port))};
}

}  // namespace

Peer PeerOf(int fd, bool is_unix) { return is_unix ? UnixPeer(fd) : TcpPeer(fd); }

bool IsAllowedPeer(const Peer& peer, const std::vector<uid_t>& allowed) {
  if (peer.uid == static_cast<uid_t>(-1)) return false;
  return peer.uid == geteuid() || peer.uid == 0 ||
         std::find(allowed.begin(), allowed.end(), peer.uid) != allowed.end();
}

}  // namespace pprof::http
