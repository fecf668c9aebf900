// Writes metrics in the two text formats of Prometheus.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "profiler/monitoring/metrics.h"

namespace pprof::http {

enum class MetricsForm { kPrometheus, kOpenMetrics };  // text format 0.0.4, OpenMetrics 1.0.0

// The form that an Accept header asks for: OpenMetrics if it is named, and not less wanted than
// text/plain. `accept` may be nullptr.
MetricsForm FormFor(const std::string* accept);

std::string_view ContentTypeOf(MetricsForm form);

std::string MetricsText(const std::vector<monitoring::Metric>& metrics, MetricsForm form);

}  // namespace pprof::http
