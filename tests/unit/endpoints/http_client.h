// A minimal HTTP client: one request over loopback, the whole answer as text.
#pragma once

#include <cstdint>
#include <string>

namespace pprof::http {

struct ClientAnswer {
  int status = 0;    // 0: no answer
  std::string head;  // status line and headers
  std::string body;

  // The value of a header, or "".
  std::string Header(const std::string& name) const;
};

// Sends exactly `bytes` to 127.0.0.1:`port` and reads until the server closes.
ClientAnswer SendBytes(uint16_t port, const std::string& bytes);

ClientAnswer Get(uint16_t port, const std::string& target, const std::string& more_headers = "");
ClientAnswer Post(uint16_t port, const std::string& target, const std::string& body,
                  const std::string& more_headers = "");

// A connection owned by the test, after sending `bytes`.
int Connect(uint16_t port, const std::string& bytes);

int ConnectUnix(const std::string& path, const std::string& bytes);

// A socket bound to `path` that does not listen.
int BindUnix(const std::string& path);

// Reads until the server closes, then closes.
ClientAnswer ReadAnswer(int fd);

}  // namespace pprof::http
