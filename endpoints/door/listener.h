// The listening socket: TCP, or a Unix socket that only we and root can reach.
#pragma once

#include <cstdint>
#include <string>

#include "endpoints/door/unique_fd.h"
#include "pprof/http.h"
#include "pprof/status.h"

namespace pprof::http {

// Options::address taken apart.
struct ListenAddress {
  std::string unix_path;  // not empty: a Unix socket, %p replaced
  std::string host;       // otherwise numeric, e.g. "127.0.0.1" or "::1"
  uint16_t port = 0;

  bool is_unix() const { return !unix_path.empty(); }
};

// Errors: kInvalidArgument with a sentence that shows what an address looks like.
Result<ListenAddress> ParseListenAddress(const std::string& text);

// Removes the socket file when destroyed, if it is still the one it bound.
class Listener {
 public:
  // Binds and listens, non-blocking, closed on exec. Never takes over another one's address.
  // Errors: kConflict when it is taken, kInvalidArgument when the folder of a Unix socket is not
  // ours alone, kInternal with the system's words.
  static Result<Listener> Bind(const ListenAddress& address);

  Listener(Listener&&) noexcept = default;
  Listener& operator=(Listener&&) = delete;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  int fd() const { return fd_.get(); }
  uint16_t port() const { return port_; }
  const std::string& text() const { return text_; }  // for people
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
