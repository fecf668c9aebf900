// cpp-httplib between two strings: a request's bytes in, an answer's bytes out. No socket, no
// thread and no pattern of httplib's is used; it sees only requests that the connection gate has
// admitted.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "pprof/http.h"

namespace pprof::http {

struct AnswerBytes {
  int status = 500;
  std::string bytes;
};

// Thread safety: Answer is safe.
class HttplibServer {
 public:
  HttplibServer();
  ~HttplibServer();
  HttplibServer(const HttplibServer&) = delete;
  HttplibServer& operator=(const HttplibServer&) = delete;

  // Parses `head`, asks `handler`, writes its response. The handler gets method, path, query and
  // headers; it must not throw.
  AnswerBytes Answer(std::string_view head, const std::function<Response(Request)>& handler) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pprof::http
