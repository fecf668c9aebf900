#include "command/ask/address.h"

#include <cstdlib>
#include <fstream>

#include "command/failure.h"

namespace pprof::command {
namespace {

bool TakePrefix(std::string& text, const std::string& prefix) {
  if (text.compare(0, prefix.size(), prefix) != 0) return false;
  text.erase(0, prefix.size());
  return true;
}

bool EndsIn(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// The path in front of the profiles' names: a server may stand behind a prefix of its own.
std::string BaseOf(std::string path) {
  while (EndsIn(path, "/")) path.pop_back();
  return EndsIn(path, "/debug/pprof") ? path + "/" : path + "/debug/pprof/";
}

// "127.0.0.1:6060", "[::1]:6060", "name" into host and port.
void SetHost(Address& address, const std::string& text) {
  const size_t end = text.rfind(']');  // of an IPv6 address
  const size_t colon = text.find(':', end == std::string::npos ? 0 : end);
  address.host = text.substr(0, colon);
  address.port = colon == std::string::npos ? "80" : text.substr(colon + 1);
  if (address.host.size() > 2 && address.host[0] == '[') {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  if (address.host.empty() || address.port.empty() ||
      address.port.find_first_not_of("0123456789") != std::string::npos) {
    throw Failure("\"" + text + "\" is not HOST:PORT, for example 127.0.0.1:6060", kUsage);
  }
}

}  // namespace

std::string Address::HostAndPort() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + port;
}

std::string Address::Text() const {
  return is_unix() ? "unix:" + unix_path : "http://" + HostAndPort();
}

bool LooksLikeAddress(const std::string& text) {
  return text.find_first_of(":/") != std::string::npos;
}

std::string TokenFromEnvironment() {
  const char* const path = std::getenv("PPROF_CPP_TOKEN_FILE");  // NOLINT(concurrency-mt-unsafe)
  if (path == nullptr || *path == '\0') return "";
  std::ifstream file(path);
  std::string token;
  if (!(file >> token)) throw Failure(std::string("no token can be read from ") + path);
  return token;
}

Address ParseAddress(const std::string& text) {
  std::string rest = text;
  Address address;
  if (TakePrefix(rest, "unix:") || rest[0] == '/') {
    if (rest[0] != '/') throw Failure("the path in \"" + text + "\" is not absolute", kUsage);
    address.unix_path = rest;
    address.token = TokenFromEnvironment();
    return address;
  }
  if (TakePrefix(rest, "https://")) {
    throw Failure("this command speaks no TLS: use curl or go tool pprof for https://" + rest,
                  kUsage);
  }
  TakePrefix(rest, "http://");
  const size_t slash = std::min(rest.find('/'), rest.size());
  address.base = BaseOf(rest.substr(slash));
  rest.resize(slash);
  if (const size_t at = rest.rfind('@'); at != std::string::npos) {
    address.token = rest.substr(0, at);
    address.token.erase(0, address.token.find(':') + 1);
    rest.erase(0, at + 1);
  }
  if (address.token.empty()) address.token = TokenFromEnvironment();
  SetHost(address, rest);
  return address;
}

}  // namespace pprof::command
