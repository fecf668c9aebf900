// The answers every handler makes: text, an error as the pprof tool prints it, a refusal.
#pragma once

#include <string>
#include <string_view>

#include "pprof/http.h"
#include "pprof/status.h"

namespace pprof::http {

inline constexpr char kPlainText[] = "text/plain; charset=utf-8";
inline constexpr char kHtml[] = "text/html; charset=utf-8";
inline constexpr char kBinary[] = "application/octet-stream";

Response TextAnswer(std::string body);

// `text` and a newline, plain text, with X-Go-Pprof: without it `go tool pprof` hides the sentence.
Response ErrorAnswer(int status, std::string_view text);

// kInvalidArgument 400, kNotFound 404, kConflict 409, kUnavailable and kCancelled 503,
// kUnsupported 501, others 500; the message is the text.
Response ErrorAnswer(const Status& status);

// 405 with the methods that would do, e.g. "GET, HEAD".
Response MethodNotAllowed(std::string_view allow);

// The headers that every answer has: no sniffing, no storing, no framing, no use by other origins.
void AddSecurityHeaders(Response& response);

// The first header of that name, whatever its case, or nullptr.
const std::string* FindHeader(const std::multimap<std::string, std::string>& headers,
                              std::string_view name);

}  // namespace pprof::http
