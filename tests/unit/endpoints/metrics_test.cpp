// /debug/pprof/metrics: the two text formats, which one is wanted, and the counters of requests.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "endpoints/answers/metrics_text.h"
#include "endpoints/limits/request_counters.h"
#include "pprof/http.h"
#include "tests/unit/endpoints/http_client.h"
#include "tests/unit/endpoints/test_server.h"

namespace pprof::http {
namespace {

using monitoring::Metric;
using std::chrono::nanoseconds;

constexpr char kMetrics[] = "/debug/pprof/metrics";

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::vector<Metric> SomeMetrics() {
  return {{"a_bytes", "Bytes\nof a\\.", Metric::Type::kGauge, {{{}, 1764310000.125}}},
          {"b_total",
           "B.",
           Metric::Type::kCounter,
           {{{{"x", "a\"\\\nb"}, {"y", ""}}, 9007199254740992}, {{{"x", "\xc3\xa9"}}, 0}}}};
}

TEST(MetricsText, PrometheusEscapesLabelsAndNamesCountersInFull) {
  EXPECT_EQ(MetricsText(SomeMetrics(), MetricsForm::kPrometheus),
            "# HELP a_bytes Bytes\\nof a\\\\.\n"
            "# TYPE a_bytes gauge\n"
            "a_bytes 1764310000.125\n"
            "# HELP b_total B.\n"
            "# TYPE b_total counter\n"
            "b_total{x=\"a\\\"\\\\\\nb\",y=\"\"} 9007199254740992\n"
            "b_total{x=\"\xc3\xa9\"} 0\n");
}

TEST(MetricsText, OpenMetricsHasFamiliesWithoutTotalAndAnEnd) {
  const std::string text = MetricsText(SomeMetrics(), MetricsForm::kOpenMetrics);
  EXPECT_TRUE(Has(text, "# HELP b B.\n# TYPE b counter\nb_total{")) << text;
  EXPECT_EQ(text.substr(text.size() - 6), "# EOF\n");
}

TEST(MetricsText, TheAcceptHeaderChoosesTheForm) {
  const struct {
    std::string accept;
    MetricsForm form;
  } cases[] = {
      {"", MetricsForm::kPrometheus},
      {"*/*", MetricsForm::kPrometheus},
      {"text/html,application/xhtml+xml,*/*;q=0.8", MetricsForm::kPrometheus},
      {"application/openmetrics-text", MetricsForm::kOpenMetrics},
      {"application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
       MetricsForm::kOpenMetrics},
      {"application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       MetricsForm::kOpenMetrics},
      {"text/plain, application/openmetrics-text;q=0.9", MetricsForm::kPrometheus},
      {"application/openmetrics-text;q=0", MetricsForm::kPrometheus},
      {"application/openmetrics-text; q=", MetricsForm::kPrometheus},
      {"application/openmetrics-text; q=1.", MetricsForm::kOpenMetrics},
      {",;,;;q=q,", MetricsForm::kPrometheus},
  };
  for (const auto& one : cases) EXPECT_EQ(FormFor(&one.accept), one.form) << one.accept;
  EXPECT_EQ(FormFor(nullptr), MetricsForm::kPrometheus);
}

TEST(RequestCounters, CountsByProfileAndStatus) {
  static constexpr char kHeap[] = "heap";
  static constexpr char kCpu[] = "profile";
  RequestCounters counters;
  EXPECT_TRUE(counters.Read().empty());
  counters.Count(kHeap, 200, 1000, nanoseconds(5));
  counters.Count(kCpu, 503, 10, nanoseconds(1));
  counters.Count(kHeap, 200, 500, nanoseconds(6));
  counters.Count(kHeap, 418, 1, nanoseconds(0));
  const auto rows = counters.Read();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_STREQ(rows[0].profile, "heap");
  EXPECT_EQ(rows[0].bytes, 1501u);
  EXPECT_EQ(rows[0].duration, nanoseconds(11));
  const std::vector<std::pair<int, uint64_t>> heap = {{0, 1}, {200, 2}};
  EXPECT_EQ(rows[0].requests, heap);
  EXPECT_EQ(rows[1].requests.at(0).first, 503);
}

TEST(RequestCounters, FurtherProfilesAreOthers) {
  static const std::string names(RequestCounters::kMostProfiles + 2, 'x');
  RequestCounters counters;
  for (const char& name : names) counters.Count(&name, 200, 1, nanoseconds(1));
  const auto rows = counters.Read();
  ASSERT_EQ(rows.size(), RequestCounters::kMostProfiles + 1);
  EXPECT_STREQ(rows.back().profile, "other");
  EXPECT_EQ(rows.back().bytes, 2u);
}

TEST(RequestCounters, ThreadsThatCountAtOnceLoseNothing) {
  static constexpr char kNames[] = "abcdefgh";
  RequestCounters counters;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) counters.Count(&kNames[n % 8], 200, 1, nanoseconds(1));
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto rows = counters.Read();
  EXPECT_EQ(rows.size(), 8u);
  for (const auto& row : rows) EXPECT_EQ(row.bytes, 500u);
}

TEST(Metrics, RequestsOfTheServerAreCounted) {
  const Server server = Started();
  EXPECT_EQ(Get(server.port(), "/debug/pprof/test.collected").status, 200);
  EXPECT_EQ(Get(server.port(), "/debug/pprof/test.collected?seconds=x").status, 400);
  EXPECT_EQ(Get(server.port(), "/debug/pprof/%3Cscript%3E\"").status, 404);
  EXPECT_EQ(Get(server.port(), "/debug/pprof/").status, 200);
  const auto body = [&] { return Get(server.port(), kMetrics).body; };
  for (const char* part : {"pprof_cpp_requests_total{profile=\"test.collected\",code=\"200\"} 1\n",
                           "pprof_cpp_requests_total{profile=\"test.collected\",code=\"400\"} 1\n",
                           "pprof_cpp_requests_total{profile=\"other\",code=\"404\"} 1\n",
                           "pprof_cpp_requests_total{profile=\"index\",code=\"200\"} 1\n",
                           "pprof_cpp_request_seconds_total{profile=\"index\"} ",
                           "pprof_cpp_refused_requests_total{cause=\"busy\"} 0\n",
                           "pprof_cpp_build_info{version=\""}) {
    EXPECT_TRUE(Eventually([&] { return Has(body(), part); })) << part << "\n" << body();
  }
}

TEST(Metrics, AtTheRootOnlyWhenAskedFor) {
  Options options = Local();
  { EXPECT_EQ(Get(Started(options).port(), "/metrics").status, 404); }
  options.metrics_at_root = true;
  const Server server = Started(options);
  const ClientAnswer answer = Get(server.port(), "/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(Post(server.port(), "/metrics", "").status, 405);
}

TEST(Metrics, HandleHasItsOwnCounters) {
  Profiles();
  Request request;
  request.method = "GET";
  request.path = "/debug/pprof/test.collected";
  EXPECT_EQ(Handle(request).status, 200);
  request.path = kMetrics;
  EXPECT_TRUE(Has(Handle(request).body,
                  "pprof_cpp_requests_total{profile=\"test.collected\",code=\"200\"} 1\n"));
}

}  // namespace
}  // namespace pprof::http
