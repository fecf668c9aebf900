// Checks the token of a request.
#pragma once

#include <string>
#include <string_view>

namespace pprof::http {

// `header`: the value of Authorization: "Bearer TOKEN", or "Basic BASE64(anyone:TOKEN)", as sent by
// `go tool pprof http://:TOKEN@host/`, or "Basic BASE64(TOKEN:)". Takes equally long for all wrong
// tokens of the same length.
bool ShowsToken(std::string_view header, std::string_view token);

// Decodes padded base64 (RFC 4648); false for other text.
bool DecodeBase64(std::string_view text, std::string& decoded);

}  // namespace pprof::http
