// The listening socket: TCP, or a Unix socket that only this user and root can reach.
#pragma once

#include <cstdint>
#include <string>

#include "endpoints/door/unique_fd.h"
#include "pprof/http.h"
#include "pprof/status.h"

namespace pprof::http {

// The parts of Options::address.
struct ListenAddress {
  std::string unix_path;  // not empty: a Unix socket; %p is replaced
  std::string host;       // otherwise numeric, e.g. "127.0.0.1" or "::1"
  uint16_t port = 0;

  bool is_unix() const { return !unix_path.empty(); }
};

// Errors: kInvalidArgument with a message that shows valid addresses.
Result<ListenAddress> ParseListenAddress(const std::string& text);

// The destructor removes the socket file if it is still a socket.
class Listener {
 public:
  // Binds and listens; non-blocking, closed on exec. Never takes over an address in use.
  // Errors: kConflict when it is in use, kInvalidArgument when other users can enter the directory
  // of a Unix socket, kInternal with the system's message.
  static Result<Listener> Bind(const ListenAddress& address);

  Listener(Listener&&) noexcept = default;
  Listener& operator=(Listener&&) = delete;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  int fd() const { return fd_.get(); }
  uint16_t port() const { return port_; }
  const std::string& text() const { return text_; }  // for display
  bool is_unix() const { return !unix_path_.empty(); }

 private:
  Listener() = default;
  static Result<Listener> BindTcp(const ListenAddress& address);
  static Result<Listener> BindUnix(const std::string& path);

  UniqueFd fd_;
  uint16_t port_ = 0;
  std::string text_;
  std::string unix_path_;
};

}  // namespace pprof::http
