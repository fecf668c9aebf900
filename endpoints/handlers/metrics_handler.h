// /debug/pprof/metrics, and /metrics if the program wants it: numbers for Prometheus.
#pragma once

#include <string_view>

#include "endpoints/limits/context.h"
#include "pprof/http.h"

namespace pprof::http {

// Whether the path is that of the metrics.
bool IsMetricsPath(std::string_view path, const Options& options);

Response ServeMetrics(const Request& request, const Context& context);

// The label of a request in the metrics: the profile's name, or that of the page; "other" for
// unknown paths. The pointer stays valid, and is the same at each call.
const char* RequestLabel(std::string_view path);

}  // namespace pprof::http
