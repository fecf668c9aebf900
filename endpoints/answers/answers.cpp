#include "endpoints/answers/answers.h"

#include <strings.h>

namespace pprof::http {
namespace {

int HttpStatus(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return 200;
    case StatusCode::kInvalidArgument:
      return 400;
    case StatusCode::kNotFound:
      return 404;
    case StatusCode::kConflict:
      return 409;
    case StatusCode::kUnavailable:
    case StatusCode::kCancelled:
      return 503;
    case StatusCode::kUnsupported:
      return 501;
    case StatusCode::kInternal:
      break;
  }
  return 500;
}

// No exception for inline scripts or styles is needed: the pages have none.
constexpr char kContentSecurityPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

}  // namespace

Response TextAnswer(std::string body) {
  Response response;
  response.headers.emplace("Content-Type", kPlainText);
  response.body = std::move(body);
  return response;
}

Response ErrorAnswer(int status, std::string_view text) {
  Response response = TextAnswer(std::string(text) + "\n");
  response.status = status;
  response.headers.emplace("X-Go-Pprof", "1");
  return response;
}

Response ErrorAnswer(const Status& status) {
  Response response = ErrorAnswer(HttpStatus(status.code()), status.message());
  if (response.status == 503) response.headers.emplace("Retry-After", "1");
  return response;
}

Response MethodNotAllowed(std::string_view allow) {
  Response response = ErrorAnswer(405, "Method Not Allowed");
  response.headers.emplace("Allow", allow);
  return response;
}

void AddSecurityHeaders(Response& response) {
  response.headers.emplace("X-Content-Type-Options", "nosniff");
  response.headers.emplace("Cache-Control", "no-store");
  response.headers.emplace("Content-Security-Policy", kContentSecurityPolicy);
  response.headers.emplace("Cross-Origin-Resource-Policy", "same-origin");
  response.headers.emplace("Referrer-Policy", "no-referrer");
}

const std::string* FindHeader(const std::multimap<std::string, std::string>& headers,
                              std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && strncasecmp(key.data(), name.data(), name.size()) == 0) {
      return &value;
    }
  }
  return nullptr;
}

}  // namespace pprof::http
