// Serializes answers without cpp-httplib, whose Debian package is a shared library that needs
// OpenSSL and Brotli. The bytes are those of httplib_writer.cpp; tests compare them.
#include <string>
#include <string_view>

#include "endpoints/answers/answers.h"
#include "endpoints/door/answer_writer.h"

namespace pprof::http {
namespace {

struct Phrase {
  int status;
  const char* text;
};
// All statuses that the endpoints answer with. Source: RFC 9110, section 15, and RFC 6585.
constexpr Phrase kPhrases[] = {{200, "OK"},
                               {301, "Moved Permanently"},
                               {400, "Bad Request"},
                               {401, "Unauthorized"},
                               {403, "Forbidden"},
                               {404, "Not Found"},
                               {405, "Method Not Allowed"},
                               {408, "Request Timeout"},
                               {409, "Conflict"},
                               {413, "Payload Too Large"},
                               {414, "URI Too Long"},
                               {415, "Unsupported Media Type"},
                               {417, "Expectation Failed"},
                               {421, "Misdirected Request"},
                               {429, "Too Many Requests"},
                               {431, "Request Header Fields Too Large"},
                               {501, "Not Implemented"},
                               {503, "Service Unavailable"},
                               {505, "HTTP Version Not Supported"}};

const char* PhraseOf(int status) {
  for (const Phrase& phrase : kPhrases) {
    if (phrase.status == status) return phrase.text;
  }
  return "Internal Server Error";
}

}  // namespace

class AnswerWriter::Impl {};

AnswerWriter::AnswerWriter() = default;
AnswerWriter::~AnswerWriter() = default;
AnswerWriter::AnswerWriter(AnswerWriter&&) noexcept = default;

// Nothing static is used, so exit() needs to wait for nothing.
std::string AnswerWriter::Write(const Answer& answer, bool head_only) {
  auto headers = answer.headers;
  headers.emplace("Connection", "close");
  if (headers.find("Content-Type") == headers.end()) headers.emplace("Content-Type", kPlainText);
  const bool has_profile = answer.profile != nullptr;
  const size_t bytes = has_profile ? answer.profile->size() : answer.body.size();
  if (head_only || has_profile) headers.emplace("Accept-Ranges", "none");
  // The answer to HEAD must not promise a body of 0 bytes.
  if (head_only || (has_profile && bytes == 0)) {
    headers.emplace("Transfer-Encoding", "chunked");
  } else {
    headers.emplace("Content-Length", std::to_string(bytes));
  }
  std::string out = "HTTP/1.1 " + std::to_string(answer.status) + " " + PhraseOf(answer.status);
  for (const auto& [name, value] : headers) {
    out.append("\r\n").append(name).append(": ").append(value);
  }
  out += "\r\n\r\n";
  if (!head_only && !has_profile) out += answer.body;
  return out;
}

}  // namespace pprof::http
