// /debug/pprof/captures: the list, the files of each, a tar.gz of each, and how to take and remove
// one.
#pragma once

#include <string_view>

#include "endpoints/answers/answers.h"
#include "endpoints/limits/context.h"
#include "pprof/http.h"

namespace pprof::http {

// The path below /debug/pprof/ is "captures", or begins with "captures/".
bool IsCapturesPath(std::string_view path);

// GET captures is JSON; captures/NAME/FILE and captures/NAME.tar.gz are downloads.
Response ServeCaptures(const Request& request);

// POST captures takes one, captures/NAME/delete removes one.
Response ChangeCaptures(const Request& request);

}  // namespace pprof::http
