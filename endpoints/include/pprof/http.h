// The pprof endpoints over HTTP: a server on threads of its own, or a handler for one's own server.
//
//   auto server = pprof::http::Server::Start();
//   if (!server.ok()) std::cerr << server.status().message() << "\n";
//
// What the server lets in, and why, is written in docs/security.md.
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

// One request that was answered or refused, for one line in the program's log. Never has the token.
struct RequestRecord {
  std::string peer;    // "127.0.0.1:40312", or "pid 17 uid 1000" over a Unix socket
  std::string method;  // empty when the request could not be read
  std::string path;    // without the query; printable ASCII only
  int status = 0;
  uint64_t bytes = 0;                     // sent, headers included
  std::chrono::milliseconds duration{0};  // from accept to the last byte
};

// How a server listens and whom it answers. A value; copied by Server::Start.
struct Options {
  // "HOST:PORT" with a numeric host, "[IPV6]:PORT" or "localhost:PORT"; port 0: any free one.
  // Or "unix:/path/to.sock", where %p is the process id; its folder has to be ours with mode 0700
  // and is made when missing.
  std::string address = "127.0.0.1:6060";

  // Permits addresses that other machines reach. Needs a token of 32 characters or more.
  bool allow_remote = false;

  // What clients have to show: `Authorization: Bearer TOKEN`, or Basic with it as the password
  // (`go tool pprof http://:TOKEN@host:port/...`). Empty: no token is asked for.
  std::string token;

  // A file to read the token from (surrounding blanks are dropped). Not together with `token`.
  std::string token_file;

  // Names accepted in the Host header besides "localhost" and IP addresses.
  std::vector<std::string> allowed_hosts;

  // Who may connect to a Unix socket besides this process's own user and root.
  std::vector<uid_t> allowed_uids;

  // false: /debug/pprof/cmdline is unknown. true: values of arguments named like secrets are
  // hidden.
  bool expose_cmdline = true;

  // The largest `seconds` of a recording or a delta.
  int max_seconds = 300;

  // The largest answer; a larger profile is an error that says so. Also bounds what waits for slow
  // clients.
  size_t max_answer_bytes = size_t{64} << 20;

  // Profiles that are not recordings: so many a second in the long run, and so many at once.
  double dumps_per_second = 10;
  double dump_burst = 40;

  // Looks up the names of the stacks that hold memory at the start and then every so often, so that
  // the first profile need not wait for them. Costs a thread, and each place's look-up once
  // (docs/symbolizing.md), at low priority. 0: never, names are looked up when they are asked for.
  // Only for a Server.
  std::chrono::milliseconds warm_symbols_every{0};

  // Called for every request, on the server's own thread, after the last byte. It must not block
  // (the server waits for it) and must not destroy the server.
  std::function<void(const RequestRecord&)> log;

  // Options as the environment has them: PPROF_CPP_LISTEN (address), PPROF_CPP_TOKEN_FILE,
  // PPROF_CPP_ALLOW_REMOTE (1, true, yes, on; 0, false, no, off, empty).
  // Errors: kInvalidArgument for another value of PPROF_CPP_ALLOW_REMOTE. Not signal-safe:
  // allocates.
  static Result<Options> FromEnvironment();
};

struct Request {
  std::string method;  // "GET"
  std::string path;    // "/debug/pprof/heap"
  std::string query;   // "seconds=5", without '?'
  std::string body;
  std::multimap<std::string, std::string> headers;
  // True when nobody waits for the answer any more; asked every 50 ms during a recording.
  std::function<bool()> cancelled;
};

struct Response {
  int status = 200;
  std::multimap<std::string, std::string> headers;  // Content-Type among them
  std::string body;
};

// Answers one request below /debug/pprof/, for a server of one's own. Blocks for `seconds` where
// the request asks for it. Checks the token, `Origin` and `Sec-Fetch-Site` from `request.headers`;
// the Host header only where `options.allowed_hosts` names hosts. Limits count for the whole
// process. Thread safety: safe. Not signal-safe: allocates. Errors are responses: text with a
// sentence.
Response Handle(const Request& request, const Options& options = {});

// A running server. Stops when destroyed, within 0.2 s even during a recording or while names are
// looked up; requests that run get no answer. Thread safety: Start is safe; one thread owns the
// object. Not signal-safe: allocates and locks.
class [[nodiscard]] Server {
 public:
  // Binds in the calling thread, so that errors are returned: kInvalidArgument for options that
  // cannot be read or are refused, kConflict when the address is taken, kInternal when the system
  // gives no thread or socket. May be called any number of times, also while another one runs.
  static Result<Server> Start(const Options& options = {});

  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // The port bound; 0 for a Unix socket.
  uint16_t port() const;

  // Where it listens, as text for people: "127.0.0.1:6060" or "unix:/run/app/pprof.17.sock".
  std::string address() const;

  // Requests refused so far, by cause, e.g. {"host": 3, "unauthorized": 1}; causes without a
  // refusal are there with 0. Thread safety: safe while the object lives.
  std::map<std::string, uint64_t> refused() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pprof::http
