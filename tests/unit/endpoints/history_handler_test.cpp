// /debug/pprof/history: forms, bounds and what fills it.
#include <gtest/gtest.h>

#include <string>

#include "pprof/http.h"
#include "pprof/mark.h"
#include "profiler/monitoring/json.h"
#include "tests/unit/endpoints/http_client.h"
#include "tests/unit/endpoints/test_server.h"

namespace pprof::http {
namespace {

constexpr char kHistory[] = "/debug/pprof/history";
constexpr char kCsvHead[] =
    "time,resident_bytes,in_use_bytes,free_bytes,cpu_seconds,threads,open_files\n";

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string Csv(const Server& server) {
  return Get(server.port(), kHistory + std::string("?format=csv")).body;
}

TEST(HistoryHandler, AServerFillsIt) {
  const Server server = Started();
  ASSERT_TRUE(Eventually([&] { return Csv(server).size() > sizeof kCsvHead; }));
  EXPECT_EQ(Csv(server).find(kCsvHead), 0u);
  const ClientAnswer json = Get(server.port(), kHistory);
  EXPECT_EQ(json.status, 200);
  EXPECT_EQ(json.Header("Content-Type"), "application/json");
  EXPECT_EQ(json.body.find("{\"now\":"), 0u);
  for (const char* part :
       {"\"resolutions\":[{\"seconds\":1,\"rows\":[[", "]},{\"seconds\":10,\"rows\":[[",
        "]},{\"seconds\":300,\"rows\":[[", "\"program\":\"endpoints_test\"",
        "\"limit\":{\"bytes\":", "\"kind\":\"start\",\"text\":\"127.0.0.1:"}) {
    EXPECT_TRUE(Has(json.body, part)) << part << "\n" << json.body.substr(0, 2000);
  }
}

TEST(HistoryHandler, OneResolutionCanBeAskedFor) {
  const Server server = Started();
  const std::string json = Get(server.port(), kHistory + std::string("?resolution=10s")).body;
  EXPECT_TRUE(Has(json, "\"resolutions\":[{\"seconds\":10,"));
  EXPECT_FALSE(Has(json, "\"seconds\":1,"));
  EXPECT_EQ(
      Get(server.port(), kHistory + std::string("?format=csv&resolution=5m")).body.find(kCsvHead),
      0u);
  for (const char* query : {"?resolution=1", "?resolution=", "?format=xml", "?format=%"}) {
    EXPECT_EQ(Get(server.port(), kHistory + std::string(query)).status, 400) << query;
  }
}

TEST(HistoryHandler, MarksAndRecordingsAreInIt) {
  const Server server = Started();
  Mark("\"purge\"\\");
  EXPECT_EQ(Get(server.port(), "/debug/pprof/test.recorded?seconds=1").status, 200);
  const std::string json = Get(server.port(), kHistory).body;
  EXPECT_TRUE(Has(json, R"("kind":"mark","text":"\"purge\"\\"})")) << json;
  EXPECT_TRUE(Has(json, R"("kind":"request","text":"test.recorded 1 s"})")) << json;
}

TEST(HistoryHandler, CanBeSwitchedOff) {
  Options options = Local();
  options.history = false;
  const Server server = Started(options);
  EXPECT_EQ(Get(server.port(), kHistory).status, 404);
  EXPECT_FALSE(Has(Get(server.port(), "/debug/pprof/").body, "history"));
  EXPECT_TRUE(Has(Get(Started().port(), "/debug/pprof/").body, "'history?debug=1'"));
}

TEST(HistoryHandler, AServerWithoutOneTakesNoReadings) {
  Options options = Local();
  options.history = false;
  const Server server = Started(options);
  // It would have taken one before it answers.
  EXPECT_EQ(Get(server.port(), "/debug/pprof/").status, 200);
  Request request;
  request.method = "GET";
  request.path = kHistory;
  request.query = "format=csv";
  EXPECT_EQ(Handle(request).body, kCsvHead);
}

TEST(HistoryHandler, OnlyReadsAndNotForStrangers) {
  Options options = Local();
  options.token = "0123456789abcdef0123456789abcdef";
  const Server server = Started(options);
  const std::string bearer = "Authorization: Bearer " + options.token + "\r\n";
  EXPECT_EQ(Get(server.port(), kHistory).status, 401);
  EXPECT_EQ(Get(server.port(), kHistory, bearer).status, 200);
  EXPECT_EQ(Post(server.port(), kHistory, "", bearer).status, 405);
  EXPECT_EQ(SendBytes(server.port(), "HEAD " + std::string(kHistory) +
                                         " HTTP/1.1\r\nHost: localhost\r\n" + bearer + "\r\n")
                .body,
            "");
}

TEST(Json, TextIsEscapedAndNumbersHaveAPoint) {
  EXPECT_EQ(monitoring::JsonString("a\"b\\c\n\x01<"), R"("a\"b\\c\u000a\u0001<")");
  EXPECT_EQ(monitoring::SecondsText(0), "0.000");
  EXPECT_EQ(monitoring::SecondsText(-250000000), "0.000");
  EXPECT_EQ(monitoring::SecondsText(1764319838007999999), "1764319838.007");
}

}  // namespace
}  // namespace pprof::http
