// Identifies the other end of a connection.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace pprof::http {

struct Peer {
  std::string text;                    // "127.0.0.1:40312", or "pid 17 uid 1000"
  uid_t uid = static_cast<uid_t>(-1);  // Unix sockets only, from the kernel (SO_PEERCRED)
};

Peer PeerOf(int fd, bool is_unix);

// True for this process's user, root, and those in the list.
bool IsAllowedPeer(const Peer& peer, const std::vector<uid_t>& allowed);

}  // namespace pprof::http
