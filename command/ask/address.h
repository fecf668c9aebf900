// Where a server listens, as people write it and as the kernel needs it.
#pragma once

#include <string>

namespace pprof::command {

// A value: a Unix socket if `unix_path` is set, else TCP.
struct Address {
  std::string unix_path;
  std::string host;
  std::string port;
  std::string base = "/debug/pprof/";  // begins and ends with a slash
  std::string token;                   // sent with every request; empty: none

  bool is_unix() const { return !unix_path.empty(); }
  // "127.0.0.1:6060" or "[::1]:6060". REQUIRES: TCP.
  std::string HostAndPort() const;
  // For people, without the token: "http://127.0.0.1:6060" or "unix:/run/pprof-cpp/17.sock".
  std::string Text() const;
};

// True for what can only be an address: it has a colon or a slash.
bool LooksLikeAddress(const std::string& text);

// Reads HOST:PORT, http://[:TOKEN@]HOST[:PORT][/path], unix:/path or /path. Takes the token from
// the file PPROF_CPP_TOKEN_FILE if the text has none. Throws Failure.
Address ParseAddress(const std::string& text);

// The token in the file PPROF_CPP_TOKEN_FILE; empty without that variable. Throws Failure.
std::string TokenFromEnvironment();

}  // namespace pprof::command
