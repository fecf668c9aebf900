// /debug/pprof/: every profile with its count, link and description; Go's page plus refusals. For
// browsers it also loads the script of the page, which reads the same lines.
#pragma once

#include "endpoints/limits/context.h"
#include "pprof/http.h"

namespace pprof::http {

Response ServeIndex(const Request& request, const Context& context);

}  // namespace pprof::http
