#include "endpoints/door/request_head.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace pprof::http {
namespace {

Refused Malformed(std::string text) { return {400, Refusal::kMalformed, std::move(text), "", ""}; }

// RFC 9110, 5.6.2: the characters of a header name or a method.
bool IsTokenChar(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenChar);
}

bool IsVisible(char c) { return c > 0x20 && c < 0x7f; }

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

std::optional<Refused> CheckVersion(std::string_view version) {
  if (version == "HTTP/1.1" || version == "HTTP/1.0") return std::nullopt;
  if (version.substr(0, 5) != "HTTP/") return Malformed("the request line has no HTTP version");
  return Refused{505, Refusal::kMalformed, "HTTP/1.1 and HTTP/1.0 only", "", ""};
}

std::optional<Refused> CheckMethod(std::string_view method) {
  if (!IsToken(method)) return Malformed("the request line does not begin with a method");
  if (method == "GET" || method == "HEAD" || method == "POST") return std::nullopt;
  return Refused{405, Refusal::kMethod, "Method Not Allowed", "Allow", "GET, HEAD, POST"};
}

std::optional<Refused> CheckTarget(std::string_view target) {
  if (target.empty() || target[0] != '/') {
    return Malformed("the request target is not a path beginning with '/'");
  }
  if (!std::all_of(target.begin(), target.end(), IsVisible)) {
    return Malformed("the request target has characters that are not visible ASCII");
  }
  if (target.find('#') != std::string_view::npos) return Malformed("the request target has a '#'");
  const size_t path_size = std::min(target.find('?'), target.size());
  if (path_size > kMaxPathBytes || target.size() - path_size > 2 * kMaxPathBytes + 1) {
    return Refused{414, Refusal::kTooLarge,
                   "the path is longer than 1024 bytes or the query than 2048", "", ""};
  }
  return std::nullopt;
}

std::optional<Refused> ParseRequestLine(std::string_view line, RequestHead& parsed) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return Malformed("the request line is not METHOD PATH HTTP/1.1");
  }
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (auto refused = CheckVersion(line.substr(last + 1))) return refused;
  if (auto refused = CheckMethod(line.substr(0, first))) return refused;
  if (auto refused = CheckTarget(target)) return refused;
  parsed.method = line.substr(0, first);
  const size_t question = target.find('?');
  parsed.path = target.substr(0, question);
  if (question != std::string_view::npos) parsed.query = target.substr(question + 1);
  return std::nullopt;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<Refused> ParseHeader(std::string_view line, RequestHead& parsed) {
  if (line.size() > kMaxHeaderBytes) {
    return Refused{431, Refusal::kTooLarge, "a header is longer than 8000 bytes", "", ""};
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !IsToken(line.substr(0, colon))) {
    return Malformed("a header line is not NAME: VALUE");
  }
  const std::string_view value = Trimmed(line.substr(colon + 1));
  if (std::any_of(value.begin(), value.end(), IsControl)) {
    return Malformed("a header value has a control character");
  }
  if (parsed.headers.size() == kMaxHeaders) {
    return Refused{431, Refusal::kTooLarge, "more than 100 headers", "", ""};
  }
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  parsed.headers.emplace(std::move(name), value);
  return std::nullopt;
}

std::optional<Refused> ParseContentLength(RequestHead& parsed) {
  if (parsed.headers.count("content-length") > 1) return Malformed("two Content-Length headers");
  const std::string* text = parsed.Find("content-length");
  if (text == nullptr) return std::nullopt;
  const bool digits =
      !text->empty() && text->size() <= 19 &&
      std::all_of(text->begin(), text->end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if (!digits) return Malformed("Content-Length is not a number");
  const unsigned long long length = std::stoull(*text);  // 19 digits fit
  if (length > kMaxBodyBytes) {
    return Refused{413, Refusal::kTooLarge, "the body is larger than 1 MiB", "", ""};
  }
  parsed.content_length = static_cast<size_t>(length);
  return std::nullopt;
}

}  // namespace

const std::string* RequestHead::Find(std::string_view name) const {
  const auto found = headers.find(std::string(name));
  return found == headers.end() ? nullptr : &found->second;
}

HeadReader::State HeadReader::Append(std::string_view bytes) {
  bytes_.append(bytes);
  while (scanned_ < bytes_.size() && !complete_) {
    if (auto refused = TakeByte()) {
      refused_ = *std::move(refused);
      return State::kRefused;
    }
  }
  return complete_ ? State::kComplete : State::kIncomplete;
}

std::optional<Refused> HeadReader::TakeByte() {
  if (scanned_ >= kMaxHeadBytes) {
    return Refused{431, Refusal::kTooLarge, "the request head is larger than 16 KiB", "", ""};
  }
  const char c = bytes_[scanned_++];
  const bool behind_cr = scanned_ >= 2 && bytes_[scanned_ - 2] == '\r';
  if (c == '\n') {
    if (!behind_cr) return Malformed("a line ends without CR");
    const size_t begin = std::exchange(line_begin_, scanned_);
    return TakeLine(std::string_view(bytes_).substr(begin, scanned_ - 2 - begin));
  }
  if (behind_cr || (IsControl(c) && c != '\r')) {
    return Malformed("a control character in the request head");
  }
  return std::nullopt;
}

std::optional<Refused> HeadReader::TakeLine(std::string_view line) {
  if (!std::exchange(have_request_line_, true)) return ParseRequestLine(line, head_);
  if (!line.empty()) return ParseHeader(line, head_);
  complete_ = true;
  return ParseContentLength(head_);
}

}  // namespace pprof::http
