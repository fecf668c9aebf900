#include "endpoints/door/admission.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "endpoints/door/authorization.h"
#include "endpoints/door/host_rule.h"

namespace pprof::http {
namespace {

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Refused Malformed(std::string text) { return {400, Refusal::kMalformed, std::move(text), "", ""}; }

bool IsAuthorized(const RequestHead& head, const std::string& token) {
  if (token.empty()) return true;
  const std::string* shown = head.Find("authorization");
  return shown != nullptr && head.headers.count("authorization") == 1 && ShowsToken(*shown, token);
}

// A page that made its own name resolve to this machine has no token: with one any name will do.
std::optional<Refused> CheckHost(const RequestHead& head, const Options& options) {
  const size_t hosts = head.headers.count("host");
  if (hosts != 1) return Malformed(hosts == 0 ? "no Host header" : "two Host headers");
  if (IsAllowedHost(*head.Find("host"), options.allowed_hosts)) return std::nullopt;
  if (!options.token.empty() && IsAuthorized(head, options.token)) return std::nullopt;
  return Refused{421, Refusal::kHost,
                 "the Host header is neither localhost nor an IP address nor one of "
                 "Options::allowed_hosts (PPROF_CPP_ALLOWED_HOSTS)",
                 "", ""};
}

// Headers that our clients do not send and that have broken parsers.
std::optional<Refused> CheckUnwanted(const RequestHead& head) {
  for (const char* name :
       {"range", "transfer-encoding", "content-encoding", "upgrade", "trailer"}) {
    if (head.headers.count(name) != 0) {
      return Malformed(std::string("the header ") + name + " is not supported");
    }
  }
  if (head.headers.count("expect") != 0) {
    return Refused{417, Refusal::kMalformed, "the header expect is not supported", "", ""};
  }
  const std::string* type = head.Find("content-type");
  if (type != nullptr && Lower(*type).find("multipart/") != std::string::npos) {
    return Malformed("multipart bodies are not supported");
  }
  return std::nullopt;
}

std::optional<Refused> CheckBody(const RequestHead& head) {
  if (head.method == "POST" || head.content_length == 0) return std::nullopt;
  return Malformed("only a POST may have a body");
}

bool IsCrossSite(const RequestHead& head) {
  const auto sites = head.headers.equal_range("sec-fetch-site");
  for (auto site = sites.first; site != sites.second; ++site) {
    if (site->second != "same-origin" && site->second != "none") return true;
  }
  const std::string* host = head.Find("host");
  const auto origins = head.headers.equal_range("origin");
  return std::any_of(origins.first, origins.second, [&](const auto& origin) {
    return host == nullptr || !IsOwnOrigin(origin.second, *host);
  });
}

}  // namespace

std::optional<Refused> Admit(const RequestHead& head, const Options& options) {
  if (auto refused = CheckHost(head, options)) return refused;
  if (auto refused = CheckUnwanted(head)) return refused;
  if (auto refused = CheckBody(head)) return refused;
  return AdmitClient(head, options);
}

std::optional<Refused> AdmitClient(const RequestHead& head, const Options& options) {
  if (IsCrossSite(head)) {
    return Refused{403, Refusal::kCrossSite, "requests from pages of other origins are refused", "",
                   ""};
  }
  if (IsAuthorized(head, options.token)) return std::nullopt;
  return Refused{
      401, Refusal::kUnauthorized,
      "the token is missing or wrong: send Authorization: Bearer TOKEN, or Basic with it "
      "as the password (go tool pprof http://:TOKEN@host/...)",
      "WWW-Authenticate", "Basic realm=\"pprof\""};  // Chromium asks for nothing if more follows
}

RequestHead HeadOf(const Request& request) {
  RequestHead head;
  head.method = request.method;
  head.path = request.path;
  head.query = request.query;
  for (const auto& [name, value] : request.headers) {
    head.headers.emplace(Lower(name), value);
  }
  return head;
}

}  // namespace pprof::http
