// Handle(): methods, statuses, headers and texts, without a socket.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "endpoints/answers/answers.h"
#include "endpoints/handlers/ui_files.h"
#include "endpoints/limits/limits.h"
#include "pprof/http.h"
#include "pprof/recording.h"
#include "tests/unit/endpoints/test_profiles.h"

namespace pprof::http {
namespace {

Response Ask(const std::string& method, const std::string& path, const std::string& query = "",
             const std::multimap<std::string, std::string>& headers = {},
             const Options& options = {}) {
  Profiles();
  Request request;
  request.method = method;
  request.path = "/debug/pprof/" + path;
  request.query = query;
  request.headers = headers;
  return Handle(request, options);
}

std::string Header(const Response& response, const std::string& name) {
  const std::string* value = FindHeader(response.headers, name);
  return value == nullptr ? "" : *value;
}

std::string PageForBrowsers() { return Ask("GET", "", "", {{"Accept", "text/html"}}).body; }

TEST(Handle, ProfileIsAnAttachment) {
  const Response response = Ask("GET", "test.collected");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(Header(response, "Content-Type"), "application/octet-stream");
  EXPECT_EQ(Header(response, "Content-Disposition"), "attachment; filename=\"test.collected\"");
  EXPECT_EQ(Header(response, "X-Go-Pprof"), "");
  EXPECT_EQ(response.body.substr(0, 2), "\x1f\x8b");
}

TEST(Handle, EveryAnswerHasTheSecurityHeaders) {
  for (const char* path : {"", "test.collected", "nothing", "symbol", "cmdline"}) {
    const Response response = Ask("GET", path);
    EXPECT_EQ(Header(response, "X-Content-Type-Options"), "nosniff") << path;
    EXPECT_EQ(Header(response, "Cache-Control"), "no-store") << path;
    EXPECT_EQ(Header(response, "Cross-Origin-Resource-Policy"), "same-origin") << path;
    EXPECT_NE(Header(response, "Content-Security-Policy"), "") << path;
    for (const auto& [name, value] : response.headers) {
      EXPECT_NE(name.substr(0, 14), "Access-Control") << path << " " << value;
    }
  }
}

TEST(Handle, ErrorsAreTextThatPprofPrints) {
  const struct {
    const char* path;
    const char* query;
    int status;
    const char* text;
  } cases[] = {
      {"nothing", "", 404, "Unknown profile\n"},
      {"test.collected/", "", 404, "Unknown profile\n"},
      {"../test.collected", "", 404, "Unknown profile\n"},
      {"test.collected", "seconds=abc", 400,
       "invalid value for \"seconds\" - must be a positive integer\n"},
      {"test.recorded", "seconds=0", 400,
       "invalid value for \"seconds\" - must be a positive integer\n"},
      {"test.collected", "seconds=1&debug=1", 400, "seconds and debug params are incompatible\n"},
      {"test.recorded", "seconds=1&hz=0", 400,
       "invalid value for \"hz\" - must be an integer from 1 to 1000\n"},
      {"test.collected", "symbolize=some", 400,
       "invalid value for \"symbolize\" - must be full, functions or none\n"},
      {"test.recorded", "seconds=1&symbolize=0", 400,
       "invalid value for \"symbolize\" - must be full, functions or none\n"},
      {"test.unsupported", "", 501, "not here: link it otherwise\n"},
      {"test.throws", "", 500, "internal error\n"},
  };
  for (const auto& expected : cases) {
    const Response response = Ask("GET", expected.path, expected.query);
    EXPECT_EQ(response.status, expected.status) << expected.path;
    EXPECT_EQ(response.body, expected.text);
    EXPECT_EQ(Header(response, "X-Go-Pprof"), "1");
    EXPECT_EQ(Header(response, "Content-Type"), "text/plain; charset=utf-8");
  }
}

TEST(Handle, DebugIsTextAndGarbageIsNone) {
  EXPECT_EQ(Header(Ask("GET", "test.collected", "debug=1"), "Content-Type"),
            "text/plain; charset=utf-8");
  EXPECT_EQ(Ask("GET", "test.collected", "debug=1").body.find("test.collected profile: total 1"),
            0u);
  for (const char* query : {"debug=x", "debug=0", "gc=1", "unknown=1&gc=0"}) {
    EXPECT_EQ(Header(Ask("GET", "test.collected", query), "Content-Type"),
              "application/octet-stream");
  }
}

TEST(Handle, DeclaredParametersReachTheCollectorAndNoOthers) {
  EXPECT_EQ(Ask("GET", "test.collected", "min_age=10m&other=1").status, 200);
  EXPECT_EQ(Profiles().last_parameter, "10m");
  EXPECT_EQ(Ask("GET", "test.collected").status, 200);
  EXPECT_EQ(Profiles().last_parameter, "");
}

TEST(Handle, SecondsMakeADeltaOfTwoCollections) {
  const int before = Profiles().collected;
  const auto start = std::chrono::steady_clock::now();
  const Response response = Ask("GET", "test.collected", "seconds=1");
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(Header(response, "Content-Disposition"),
            "attachment; filename=\"test.collected-delta\"");
  EXPECT_EQ(Profiles().collected, before + 2);
}

TEST(Handle, RecordingTakesSecondsAndHz) {
  const Response response = Ask("GET", "test.recorded", "seconds=1&hz=250&debug=1");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(Header(response, "Content-Disposition"), "attachment; filename=\"test.recorded\"");
  EXPECT_EQ(Profiles().hz, 250);
  EXPECT_EQ(Profiles().recording, 0);
}

TEST(Handle, WaitingEndsWhenTheClientLeaves) {
  Profiles();
  Request request;
  request.method = "GET";
  request.path = "/debug/pprof/test.recorded";
  int asked = 0;
  request.cancelled = [&] { return ++asked > 2; };
  const Response response = Handle(request);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(asked, 3) << "it is asked no more, and of 30 s of recording the third time is enough";
  EXPECT_EQ(Profiles().recording, 0);
}

TEST(Handle, RecordingBeyond32IsRefused) {
  Profiles();  // registers them
  std::vector<Result<Recording>> running;
  for (int i = 0; i < 32; ++i) running.push_back(Recording::Start("test.recorded"));
  ASSERT_EQ(Recording::Running(), 32);
  const Response response = Ask("GET", "test.recorded", "seconds=1");
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.body.find("32 recordings are running"), std::string::npos);
}

TEST(Handle, HeadChecksAndRunsNothing) {
  const int collected = Profiles().collected;
  const int recorded = Profiles().recorded;
  EXPECT_EQ(Ask("HEAD", "test.collected").status, 200);
  EXPECT_EQ(Ask("HEAD", "test.recorded").status, 200);
  EXPECT_EQ(Ask("HEAD", "test.recorded", "seconds=x").status, 400);
  EXPECT_EQ(Ask("HEAD", "nothing").status, 404);
  EXPECT_EQ(Ask("HEAD", "").body, "");
  EXPECT_EQ(Profiles().collected, collected);
  EXPECT_EQ(Profiles().recorded, recorded);
}

TEST(Handle, PostsRunActionsAndNothingElse) {
  const std::multimap<std::string, std::string> json = {{"content-type", "application/json"}};
  const int resets = Profiles().resets;
  EXPECT_EQ(Ask("POST", "test.collected", "", json).status, 405);
  EXPECT_EQ(Header(Ask("POST", "test.collected", "", json), "Allow"), "GET, HEAD");
  EXPECT_EQ(Ask("POST", "test.collected/reset").status, 415);
  EXPECT_EQ(Ask("POST", "test.collected/reset", "", {{"Content-Type", "text/plain"}}).status, 415);
  EXPECT_EQ(Ask("GET", "test.collected/reset").status, 405);
  EXPECT_EQ(Header(Ask("GET", "test.collected/reset"), "Allow"), "POST");
  EXPECT_EQ(Ask("POST", "test.collected/other", "", json).status, 404);
  EXPECT_EQ(Ask("DELETE", "test.collected").status, 405);
  EXPECT_EQ(Profiles().resets, resets);
  EXPECT_EQ(Ask("POST", "test.collected/reset", "", json).status, 200);
  EXPECT_EQ(Profiles().resets, resets + 1);
}

TEST(Handle, IndexListsProfilesCountsAndEscapedDescriptions) {
  const Response response = Ask("GET", "");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(Header(response, "Content-Type"), "text/html; charset=utf-8");
  for (const char* part :
       {"<tr><td>7</td><td><a href='test.collected?debug=1'>test.collected</a></td></tr>",
        "Made for &lt;tests&gt; &amp; &#34;quotes&#34;", "POST test.collected/reset: Starts anew",
        "<td>cross_site</td>", "symbol: </div> Maps given program counters"}) {
    EXPECT_NE(response.body.find(part), std::string::npos) << part;
  }
}

// The index without its digits: the counts change at any time.
std::string Index(const std::multimap<std::string, std::string>& headers = {}) {
  std::string body = Ask("GET", "", "", headers).body;
  body.erase(std::remove_if(body.begin(), body.end(), [](char c) { return c >= '0' && c <= '9'; }),
             body.end());
  return body;
}

TEST(Handle, IndexForBrowsersLoadsThePageAndHasTheSameBody) {
  const std::string plain = Index();
  EXPECT_EQ(plain.rfind("<html>\n<head>\n<title>/debug/pprof/</title>\n</head>\n<body>\n", 0), 0U);
  EXPECT_EQ(Index({{"Accept", "*/*"}}), plain);
  const std::string page = Index({{"Accept", "text/html,*/*;q=0.8"}});
  EXPECT_EQ(page.substr(page.find("<body>")), plain.substr(plain.find("<body>")));
  EXPECT_EQ(page != plain, UiFiles().count > 0);
}

TEST(Handle, FilesOfThePageAreCompressedAndNamedExactly) {
  for (size_t i = 0; i < UiFiles().count; ++i) {
    const std::string path(UiFiles().files[i].path.substr(sizeof "/debug/pprof/" - 1));
    const Response response = Ask("GET", path);
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_EQ(Header(response, "Content-Encoding"), "gzip");
    EXPECT_EQ(response.body.substr(0, 2), "\x1f\x8b");
    EXPECT_NE(PageForBrowsers().find("=\"" + path + "\""), std::string::npos) << path;
    EXPECT_EQ(Ask("POST", path).status, 405);
    EXPECT_EQ(Ask("GET", path + ".gz").status, 404);
  }
}

TEST(Handle, PathsOutsideAndTheMissingSlash) {
  Profiles();
  Request request;
  request.method = "GET";
  request.path = "/debug/pprof";
  EXPECT_EQ(Handle(request).status, 301);
  EXPECT_EQ(Header(Handle(request), "Location"), "/debug/pprof/");
  for (const char* path : {"/", "", "/debug", "/debug/pprofx", "/debug/pprof//", "*"}) {
    request.path = path;
    EXPECT_EQ(Handle(request).status, 404) << path;
  }
}

TEST(Handle, CmdlineCanBeSwitchedOff) {
  Options options;
  EXPECT_EQ(Ask("GET", "cmdline", "", {}, options).status, 200);
  options.expose_cmdline = false;
  EXPECT_EQ(Ask("GET", "cmdline", "", {}, options).status, 404);
  EXPECT_EQ(Ask("GET", "", "", {}, options).body.find("cmdline"), std::string::npos);
}

TEST(Handle, LimitsSecondsAndAnswers) {
  Options options;
  options.max_seconds = 2;
  EXPECT_EQ(Ask("GET", "test.recorded", "seconds=3", {}, options).status, 400);
  options.max_answer_bytes = 1000;
  const Response response = Ask("GET", "test.big", "", {}, options);
  EXPECT_EQ(response.status, 500);
  EXPECT_NE(response.body.find("larger than the limit of 1000 bytes"), std::string::npos);
}

TEST(Handle, ChecksTokenOriginAndConfiguredHosts) {
  Options options;
  options.token = "secret";
  EXPECT_EQ(Ask("GET", "", "", {}, options).status, 401);
  EXPECT_EQ(Ask("GET", "", "", {{"authorization", "Bearer secret"}}, options).status, 200);
  EXPECT_EQ(Ask("GET", "", "", {{"Origin", "http://evil.example"}, {"Host", "x"}}).status, 403);
  options = {};
  options.allowed_hosts = {"prof.example.org"};
  EXPECT_EQ(Ask("GET", "", "", {{"Host", "evil.example"}}, options).status, 421);
  EXPECT_EQ(Ask("GET", "", "", {{"Host", "prof.example.org"}}, options).status, 200);
  options.token = "secret";
  EXPECT_EQ(
      Ask("GET", "", "", {{"Host", "app"}, {"authorization", "Bearer secret"}}, options).status,
      200);
}

}  // namespace
}  // namespace pprof::http
