// Maps method and path to a handler by exact string comparison.
#pragma once

#include <string_view>

#include "endpoints/answers/answers.h"
#include "endpoints/limits/context.h"
#include "pprof/http.h"
#include "pprof/pprof.h"

namespace pprof::http {

inline constexpr std::string_view kRoot = "/debug/pprof/";

// Answers an admitted request, including security headers. Never throws.
Answer Route(const Request& request, const Context& context);

// The profile for `path` or an alias (/debug/fgprof, /debug/pprof/threads); nullptr if none.
const ProfileType* ProfileAt(std::string_view path);

// True if `path` accepts a POST that a plain HTML form could send: only the symbol service, which
// changes nothing.
bool IsSymbolPath(std::string_view path);

}  // namespace pprof::http
