// cpp-httplib makes the bytes of every answer. It gets no byte of a client: the request that its
// machinery needs is a constant of ours, so its parser cannot be reached from the network
// (docs/decisions/0007-httplib-writes-the-gate-reads.md).
#pragma once

#include <memory>
#include <string>

#include "pprof/http.h"

namespace pprof::http {

// Thread safety: none; one a thread.
class HttplibWriter {
 public:
  HttplibWriter();
  ~HttplibWriter();
  HttplibWriter(HttplibWriter&&) noexcept;
  HttplibWriter& operator=(HttplibWriter&&) = delete;
  HttplibWriter(const HttplibWriter&) = delete;
  HttplibWriter& operator=(const HttplibWriter&) = delete;

  // The status line, the headers with Connection: close, and the body, but for `head_only`.
  std::string Write(Response response, bool head_only);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pprof::http
