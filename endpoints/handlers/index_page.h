// /debug/pprof/: every profile with its count, link and description; Go's page plus refusals.
#pragma once

#include "endpoints/limits/context.h"
#include "pprof/http.h"

namespace pprof::http {

Response ServeIndex(const Context& context);

}  // namespace pprof::http
