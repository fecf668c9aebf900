// From method and path to a handler. Exact comparison of strings; no patterns.
#pragma once

#include <string_view>

#include "endpoints/limits/context.h"
#include "pprof/http.h"
#include "pprof/pprof.h"

namespace pprof::http {

inline constexpr std::string_view kRoot = "/debug/pprof/";

// Answers an admitted request, security headers included. Never throws.
Response Route(const Request& request, const Context& context);

// The profile that `path` names, also by an alias (/debug/fgprof, /debug/pprof/threads); or
// nullptr.
const ProfileType* ProfileAt(std::string_view path);

// True when `path` takes a POST whose body a plain HTML form could send: only the symbol service,
// which changes nothing.
bool IsSymbolPath(std::string_view path);

}  // namespace pprof::http
