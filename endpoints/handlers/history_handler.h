// /debug/pprof/history: what the process used over time, and marks, as JSON or CSV.
#pragma once

#include "endpoints/answers/answers.h"
#include "pprof/http.h"

namespace pprof::http {

inline constexpr std::string_view kHistoryPath = "/debug/pprof/history";

Answer ServeHistory(const Request& request);

}  // namespace pprof::http
