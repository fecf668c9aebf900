// Builds answers for handlers: text, errors as the pprof tool prints them, and refusals.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "endpoints/answers/answer_body.h"
#include "pprof/http.h"
#include "pprof/status.h"

namespace pprof::http {

inline constexpr char kPlainText[] = "text/plain; charset=utf-8";
inline constexpr char kHtml[] = "text/html; charset=utf-8";
inline constexpr char kBinary[] = "application/octet-stream";

// A response whose body is `body`, or `profile` if there is one.
struct Answer : Response {
  Answer() = default;
  Answer(Response response) : Response(std::move(response)) {}  // NOLINT: any response is an answer

  std::unique_ptr<AnswerBody> profile;
};

Response TextAnswer(std::string body);

// Plain text `text` and a newline, with X-Go-Pprof: otherwise `go tool pprof` hides the text.
Response ErrorAnswer(int status, std::string_view text);

// kInvalidArgument 400, kNotFound 404, kConflict 409, kUnavailable and kCancelled 503,
// kUnsupported 501, others 500; the message is the text.
Response ErrorAnswer(const Status& status);

// 405 with the allowed methods, e.g. "GET, HEAD".
Response MethodNotAllowed(std::string_view allow);

// Headers of every answer: no sniffing, caching, framing, or use by other origins.
void AddSecurityHeaders(Response& response);

// The first header with this name, ignoring case, or nullptr.
const std::string* FindHeader(const std::multimap<std::string, std::string>& headers,
                              std::string_view name);

}  // namespace pprof::http
