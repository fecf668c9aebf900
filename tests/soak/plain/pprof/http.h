// Replaces pprof/http.h in demo_app_plain, the demo without pprof-cpp. It has no profiles to serve;
// --debug is an error.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace pprof::http {

struct Status {
  std::string message() const { return "built without pprof-cpp"; }
};

template <class Value>
struct Result {
  Value held{};
  bool ok() const { return false; }
  Status status() const { return {}; }
  Value& value() & { return held; }
  Value value() && { return held; }
};

struct Options {
  std::string address;
  static Result<Options> FromEnvironment() { return {}; }
};

struct Server {
  static Result<Server> Start(const Options&) { return {}; }
  uint16_t port() const { return 0; }
  std::string address() const { return ""; }
};

struct Request {
  std::string method, path, query, body;
  std::multimap<std::string, std::string> headers;
};

struct Response {
  int status = 404;
  std::multimap<std::string, std::string> headers;
  std::string body;
};

inline Response Handle(const Request&) { return {}; }

}  // namespace pprof::http
