// Does a request show the token?
#pragma once

#include <string>
#include <string_view>

namespace pprof::http {

// `header` is the value of Authorization: "Bearer TOKEN", or "Basic BASE64(anyone:TOKEN)", which is
// what `go tool pprof http://:TOKEN@host/` sends. Takes equally long for every wrong token of one
// length.
bool ShowsToken(std::string_view header, std::string_view token);

// Decodes padded base64 (RFC 4648); false for anything else.
bool DecodeBase64(std::string_view text, std::string& decoded);

}  // namespace pprof::http
