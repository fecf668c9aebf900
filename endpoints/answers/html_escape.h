// Escapes text for HTML: profile names come from programs and may contain anything.
#pragma once

#include <string>
#include <string_view>

namespace pprof::http {

// `text` with & < > " ' as entities: safe between tags and inside quoted attributes.
std::string EscapeHtml(std::string_view text);

}  // namespace pprof::http
