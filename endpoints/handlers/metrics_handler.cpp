#include "endpoints/handlers/metrics_handler.h"

#include <utility>

#include "endpoints/answers/answers.h"
#include "endpoints/answers/metrics_text.h"
#include "endpoints/handlers/router.h"
#include "profiler/monitoring/metrics.h"

namespace pprof::http {
namespace {

using monitoring::Metric;

constexpr std::string_view kMetricsPath = "/debug/pprof/metrics";
constexpr char kOther[] = "other";

// The paths besides profiles, without kRoot.
constexpr const char* kPages[] = {"", "cmdline", "history", "metrics", "symbol"};

void AddRequests(const RequestCounters& counters, std::vector<Metric>* metrics) {
  Metric requests{"pprof_cpp_requests_total", "Answered requests.", Metric::Type::kCounter, {}};
  Metric seconds{"pprof_cpp_request_seconds_total",
                 "Time from accepting requests to the last bytes of their answers.",
                 Metric::Type::kCounter,
                 {}};
  Metric bytes{"pprof_cpp_response_bytes_total", "Bytes of answers.", Metric::Type::kCounter, {}};
  for (const RequestCounters::Row& row : counters.Read()) {
    const std::pair<std::string, std::string> profile("profile", row.profile);
    for (const auto& [status, count] : row.requests) {
      requests.values.push_back(
          {{profile, {"code", std::to_string(status)}}, static_cast<double>(count)});
    }
    seconds.values.push_back({{profile}, std::chrono::duration<double>(row.duration).count()});
    bytes.values.push_back({{profile}, static_cast<double>(row.bytes)});
  }
  metrics->insert(metrics->end(), {std::move(requests), std::move(seconds), std::move(bytes)});
}

void AddRefused(const RefusalCounters& refusals, std::vector<Metric>* metrics) {
  Metric refused{
      "pprof_cpp_refused_requests_total", "Refused requests by cause.", Metric::Type::kCounter, {}};
  for (const auto& [cause, count] : refusals.Read()) {
    refused.values.push_back({{{"cause", cause}}, static_cast<double>(count)});
  }
  metrics->push_back(std::move(refused));
}

}  // namespace

bool IsMetricsPath(std::string_view path, const Options& options) {
  return path == kMetricsPath || (options.metrics_at_root && path == "/metrics");
}

Response ServeMetrics(const Request& request, const Context& context) {
  std::vector<Metric> metrics = monitoring::ReadMetrics();
  AddRequests(context.requests, &metrics);
  AddRefused(context.refusals, &metrics);
  const MetricsForm form = FormFor(FindHeader(request.headers, "Accept"));
  Response response;
  response.headers.emplace("Content-Type", ContentTypeOf(form));
  response.headers.emplace("Vary", "Accept");
  response.body = MetricsText(metrics, form);
  return response;
}

const char* RequestLabel(std::string_view path) {
  if (const ProfileType* type = ProfileAt(path)) return type->name.c_str();
  if (path == "/metrics") return "metrics";
  if (path.substr(0, kRoot.size()) != kRoot) return kOther;
  path.remove_prefix(kRoot.size());
  for (const char* page : kPages) {
    if (path == page) return *page == '\0' ? "index" : page;
  }
  return kOther;
}

}  // namespace pprof::http
