// The pprof endpoints over HTTP: a server with its own threads, or a handler for your own server.
//
//   auto server = pprof::http::Server::Start();
//   if (!server.ok()) std::cerr << server.status().message() << "\n";
//
// docs/security.md describes which requests the server accepts, and why.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pprof/status.h"

namespace pprof::http {

// One answered or refused request, for an access log. Never contains the token.
struct RequestRecord {
  std::string peer;    // "127.0.0.1:40312", or "pid 17 uid 1000" over a Unix socket
  std::string method;  // empty when the request could not be parsed
  std::string path;    // without the query; printable ASCII only
  int status = 0;
  uint64_t bytes = 0;                     // sent, including headers
  std::chrono::milliseconds duration{0};  // from accept to the last byte
};

// A server's address, access rules and limits. A value; Server::Start copies it.
struct Options {
  // "HOST:PORT" with a numeric host, "[IPV6]:PORT" or "localhost:PORT"; port 0 binds any free port.
  // Or "unix:/path/to.sock", where %p is the process id; the socket's directory must belong to this
  // user with mode 0700, and is created if missing. Or "unix", which is
  // "unix:${XDG_RUNTIME_DIR:-/run}/pprof-cpp/%p.sock".
  std::string address = "127.0.0.1:6060";

  // Allows addresses that other machines can reach. Requires a token of at least 32 characters.
  bool allow_remote = false;

  // The token clients must send: `Authorization: Bearer TOKEN`, or as the password of Basic
  // (`go tool pprof http://:TOKEN@host:port/...`). Empty: no authorization.
  std::string token;

  // File to read the token from; surrounding whitespace is dropped. Excludes `token`.
  std::string token_file;

  // Names accepted in the Host header besides "localhost" and IP addresses, without a port. A
  // request with the token may have any name there.
  std::vector<std::string> allowed_hosts;

  // Users that may connect to a Unix socket besides this process's user and root.
  std::vector<uid_t> allowed_uids;

  // false: /debug/pprof/cmdline answers 404. true: values of arguments with secret-like names are
  // redacted.
  bool expose_cmdline = true;

  // Maximum `seconds` of a recording or a delta.
  int max_seconds = 300;

  // Maximum answer size in bytes; a larger profile is an error. Texts wait for slow clients in
  // compressed form.
  size_t max_answer_bytes = size_t{256} << 20;

  // Rate limit for profiles that are not recordings: sustained per second, and burst. The index and
  // symbol together have another one of the same size.
  double dumps_per_second = 10;
  double dump_burst = 40;

  // Symbolizes the stacks of live heap memory at start and then at this interval, so that the first
  // profile does not wait for it. Costs a thread and one look-up per location, at low priority
  // (docs/symbolizing.md). 0: symbolizes only on request. Only used by Server.
  std::chrono::milliseconds warm_symbols_every{0};

  // Keeps what the process used in the last 7 days, for /debug/pprof/history: a Server takes a
  // reading a second, on a thread that it has anyway, in 218 KiB (docs/monitoring.md). false: no
  // readings, and the path answers 404.
  bool history = true;

  // Answers /metrics like /debug/pprof/metrics: where Prometheus looks by default.
  bool metrics_at_root = false;

  // Captures before the process is killed for lack of memory: where they go and when they are
  // taken, as WatchOptions::Parse reads it, e.g. "/var/lib/app/captures". Empty: none. The first
  // server of the process takes them. Only used by Server.
  std::string watch;

  // Called by Server::Start for each sentence about an earlier process that was killed at its
  // memory limit, e.g. with the name of its last capture. Empty: the sentences go to stderr.
  std::function<void(const std::string&)> say;

  // Called for every request, on one thread of the server, after the last byte was sent. While it
  // blocks, up to 1,024 records wait and further ones are dropped. Must not destroy the server,
  // which calls it for the waiting ones first.
  std::function<void(const RequestRecord&)> log;

  // Reads PPROF_CPP_LISTEN (address), PPROF_CPP_TOKEN_FILE, PPROF_CPP_ALLOWED_HOSTS (names between
  // commas), PPROF_CPP_WATCH (watch) and PPROF_CPP_ALLOW_REMOTE (1, true, yes, on; 0, false, no,
  // off, empty). Not async-signal-safe: allocates. Errors: kInvalidArgument for any other
  // PPROF_CPP_ALLOW_REMOTE. Thread safety: safe unless the environment changes concurrently.
  static Result<Options> FromEnvironment();
};

struct Request {
  std::string method;  // "GET"
  std::string path;    // "/debug/pprof/heap"
  std::string query;   // "seconds=5", without '?'
  std::string body;
  std::multimap<std::string, std::string> headers;
  // Returns true when the client has gone; polled every 50 ms during a recording. May be empty.
  std::function<bool()> cancelled;
};

struct Response {
  int status = 200;
  std::multimap<std::string, std::string> headers;  // includes Content-Type
  std::string body;
};

// Answers one request below /debug/pprof/, or for /metrics, for your own server. Blocks for the
// request's `seconds`. Checks the token, `Origin` and `Sec-Fetch-Site` in `request.headers`, and
// the Host header if `options.allowed_hosts` is not empty and there is no token. All calls share
// one rate limit of dumps with the default rate and burst; those of `options` are ignored. Errors:
// responses with a one-sentence text body. Thread safety: safe. Not async-signal-safe: allocates.
Response Handle(const Request& request, const Options& options = {});

// A running server. The destructor stops it within 0.2 s, even during a recording or symbolization;
// requests in progress get no answer. A forked child does not have the server: there the destructor
// does nothing, and the child may start its own. exit() at any moment does no harm.
// Thread safety: Start is safe; one thread owns the object. Not async-signal-safe: allocates,
// locks.
class [[nodiscard]] Server {
 public:
  // Binds in the calling thread and returns errors: kInvalidArgument for options that are malformed
  // or refused, kConflict when the address is in use, kInternal when the system provides no thread
  // or socket. Any number of servers may run at once.
  static Result<Server> Start(const Options& options = {});

  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // The bound port; 0 for a Unix socket.
  uint16_t port() const;

  // The listening address for display: "127.0.0.1:6060" or "unix:/run/app/pprof.17.sock".
  std::string address() const;

  // Number of requests refused so far by cause, e.g. {"host": 3, "unauthorized": 1}; includes
  // causes with 0. Thread safety: safe while the object lives.
  std::map<std::string, uint64_t> refused() const;

 private:
  class Impl;
  struct Stop {
    void operator()(Impl* impl) const;
  };
  explicit Server(std::unique_ptr<Impl, Stop> impl);
  std::unique_ptr<Impl, Stop> impl_;
};

}  // namespace pprof::http
