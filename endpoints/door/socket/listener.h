// The listening socket: TCP, or a Unix socket that only this user and root can reach.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "endpoints/door/socket/file_identity.h"
#include "endpoints/door/socket/visible_socket.h"
#include "pprof/http.h"
#include "pprof/status.h"

namespace pprof::http {

// The parts of Options::address.
struct ListenAddress {
  std::string unix_path;  // not empty: a Unix socket; %p is replaced
  std::string host;       // otherwise numeric, e.g. "127.0.0.1" or "::1"
  uint16_t port = 0;
  bool is_of_process = false;  // %p was in the path

  bool is_unix() const { return !unix_path.empty(); }
};

// Errors: kInvalidArgument with a message that shows valid addresses.
Result<ListenAddress> ParseListenAddress(const std::string& text);

// The destructor removes the socket file if it is still the one that this object bound.
class Listener {
 public:
  // Binds and listens; non-blocking, closed on exec. Never takes over an address in use.
  // Errors: kConflict when it is in use, kInvalidArgument when other users can enter the directory
  // of a Unix socket, kInternal with the system's message.
  static Result<Listener> Bind(const ListenAddress& address);

  Listener(Listener&& other) noexcept
      : fd_(other.fd_),
        socket_(std::move(other.socket_)),
        port_(other.port_),
        text_(std::move(other.text_)),
        unix_path_(std::exchange(other.unix_path_, {})),
        unix_file_(other.unix_file_) {}
  Listener& operator=(Listener&&) = delete;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  // The number of the socket among the descriptors of the program, and among those of a thread that
  // took it along (sys::UnshareDescriptors).
  int fd() const { return fd_; }
  uint16_t port() const { return port_; }
  const std::string& text() const { return text_; }  // for display
  bool is_unix() const { return !unix_path_.empty(); }

 private:
  Listener() = default;
  static Result<Listener> BindTcp(const ListenAddress& address);
  static Result<Listener> BindUnix(const ListenAddress& address);
  // Keeps the listening socket.
  Status Keep(UniqueFd socket);

  int fd_ = -1;
  VisibleSocket
      socket_;  // after unix_file_ is checked, since it keeps that inode from being reused
  uint16_t port_ = 0;
  std::string text_;
  std::string unix_path_;
  FileIdentity unix_file_;  // of unix_path_
};

}  // namespace pprof::http
