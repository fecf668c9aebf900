// The pprof endpoints over HTTP: a server on a thread of its own, or a handler for one's own server.
//
//   auto server = pprof::http::Server::Start();
//   if (!server.ok()) std::cerr << server.status().message() << "\n";
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "pprof/status.h"

namespace pprof::http {

struct Options {
  // "HOST:PORT" with a numeric host or "localhost"; port 0: any free one. Nothing but loopback.
  std::string address = "127.0.0.1:6060";
};

struct Request {
  std::string method;  // "GET"
  std::string path;    // "/debug/pprof/heap"
  std::string query;   // "seconds=5", without '?'
  std::string body;
  std::multimap<std::string, std::string> headers;
  // True when nobody waits for the answer any more; asked every 100 ms during a recording.
  std::function<bool()> cancelled;
};

struct Response {
  int status = 200;
  std::multimap<std::string, std::string> headers;  // Content-Type among them
  std::string body;
};

// Answers one request below /debug/pprof/. Blocks for `seconds` where the request asks for it.
// Thread safety: safe. Not signal-safe. Errors are responses: text with a sentence.
Response Handle(const Request& request, const Options& options = {});

// A running server. Stops when destroyed, within 0.2 s even during a recording.
// Thread safety: Start is safe; one thread owns the object.
class [[nodiscard]] Server {
 public:
  // Binds in the calling thread, so that errors are returned: kInvalidArgument for an address that
  // cannot be read or is refused, kConflict when the port is taken.
  static Result<Server> Start(const Options& options = {});

  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  ~Server();

  uint16_t port() const;  // the port bound

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pprof::http
