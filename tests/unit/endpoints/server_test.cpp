// The server over loopback: binding, stopping, worker lanes, and side effects on the host process.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "endpoints/answers/answers.h"
#include "pprof/http.h"
#include "profiler/symbolize/service/shared_state.h"
#include "tests/unit/endpoints/http_client.h"
#include "tests/unit/endpoints/test_profiles.h"
#include "tests/unit/endpoints/test_server.h"

namespace pprof::http {
namespace {

using Clock = std::chrono::steady_clock;

TEST(Server, ServesProfilesOverLoopback) {
  const Server server = Started();
  const ClientAnswer answer = Get(server.port(), "/debug/pprof/test.collected");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Header("Content-Disposition"), "attachment; filename=\"test.collected\"");
  EXPECT_EQ(answer.Header("Content-Length"), std::to_string(answer.body.size()));
  EXPECT_EQ(answer.Header("Connection"), "close");
  EXPECT_EQ(Get(server.port(), "/debug/pprof/nothing").body, "Unknown profile\n");
  EXPECT_EQ(Post(server.port(), "/debug/pprof/symbol", "0x1").status, 200);
}

TEST(Server, HeadHasNoBodyAndPromisesNone) {
  const Server server = Started();
  const ClientAnswer answer = SendBytes(
      server.port(), "HEAD /debug/pprof/test.collected HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(answer.Header("Content-Length"), "");
}

TEST(Server, TakenPortIsAConflict) {
  const Server server = Started();
  Options options = Local();
  options.address = server.address();
  auto second = Server::Start(options);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), StatusCode::kConflict);
}

TEST(Server, StartsAndStopsAnyNumberOfTimesOnOnePort) {
  Options options = Local();
  options.address = Started().address();
  for (int i = 0; i < 20; ++i) {
    const Server server = Started(options);
    EXPECT_EQ(Get(server.port(), "/debug/pprof/").status, 200);
  }
}

TEST(StatisticalServer, StopsWithinTwoTenthsOfASecondDuringRecordingAndDelta) {
  auto server = std::make_unique<Server>(Started());
  const int recording = Connect(server->port(),
                                "GET /debug/pprof/test.recorded?seconds=30 HTTP/1.1\r\n"
                                "Host: localhost\r\n\r\n");
  const int collected = Profiles().collected;
  const int delta = Connect(server->port(),
                            "GET /debug/pprof/test.collected?seconds=30 HTTP/1.1\r\n"
                            "Host: localhost\r\n\r\n");
  ASSERT_TRUE(
      Eventually([&] { return Profiles().recording == 1 && Profiles().collected > collected; }));
  const auto start = Clock::now();
  server.reset();
  EXPECT_LT(Clock::now() - start, std::chrono::milliseconds(200));
  EXPECT_EQ(Profiles().recording, 0);
  close(recording);
  close(delta);
}

TEST(StatisticalServer, StopsWithinTwoTenthsOfASecondWhileADumpIsSymbolized) {
  // One batch of names is looked up at a time: while this holds the turn, a dump waits for it for 2
  // s.
  symbolize::Turn& turn = symbolize::SharedState::OfThisProcess().turn;
  ASSERT_TRUE(turn.TryTakeUntil(Clock::now()));
  auto server = std::make_unique<Server>(Started());
  const int collected = Profiles().collected;
  const int client = Connect(server->port(),
                             "GET /debug/pprof/test.collected HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(Eventually([&] { return Profiles().collected > collected; }));
  const auto start = Clock::now();
  server.reset();
  EXPECT_LT(Clock::now() - start, std::chrono::milliseconds(200));
  turn.GiveBack();
  close(client);
}

TEST(StatisticalServer, ClientThatLeavesEndsItsRecordingWithinTwoTenthsOfASecond) {
  const Server server = Started();
  const int client = Connect(server.port(),
                             "GET /debug/pprof/test.recorded?seconds=30 HTTP/1.1\r\n"
                             "Host: localhost\r\n\r\n");
  ASSERT_TRUE(Eventually([] { return Profiles().recording == 1; }));
  close(client);
  const auto start = Clock::now();
  ASSERT_TRUE(Eventually([] { return Profiles().recording == 0; }));
  EXPECT_LT(Clock::now() - start, std::chrono::milliseconds(200));
}

TEST(Server, StoppedDuringARecordingAndADeltaItDoesNotWaitForTheirEnd) {
  auto server = std::make_unique<Server>(Started());
  const int collected = Profiles().collected;
  const int recording = Connect(server->port(),
                                "GET /debug/pprof/test.recorded?seconds=300 HTTP/1.1\r\n"
                                "Host: localhost\r\n\r\n");
  const int delta = Connect(server->port(),
                            "GET /debug/pprof/test.collected?seconds=300 HTTP/1.1\r\n"
                            "Host: localhost\r\n\r\n");
  ASSERT_TRUE(
      Eventually([&] { return Profiles().recording == 1 && Profiles().collected > collected; }));
  const int recorded = Profiles().recorded;
  const int collected_once = Profiles().collected;
  server.reset();
  EXPECT_EQ(Profiles().recording, 0);
  EXPECT_EQ(Profiles().recorded, recorded);
  EXPECT_EQ(Profiles().collected, collected_once);
  close(recording);
  close(delta);
}

TEST(Server, ClientThatLeavesEndsItsRecording) {
  const Server server = Started();
  const int client = Connect(server.port(),
                             "GET /debug/pprof/test.recorded?seconds=300 HTTP/1.1\r\n"
                             "Host: localhost\r\n\r\n");
  ASSERT_TRUE(Eventually([] { return Profiles().recording == 1; }));
  const int recorded = Profiles().recorded;
  close(client);
  EXPECT_TRUE(Eventually([] { return Profiles().recording == 0; }));
  EXPECT_EQ(Profiles().recorded, recorded);
}

TEST(Server, DumpsAnswerWhileRecordingsRunAndOneTooManyIsRefused) {
  const Server server = Started();
  std::vector<int> clients;
  for (int i = 0; i < 32; ++i) {
    clients.push_back(Connect(server.port(),
                              "GET /debug/pprof/test.recorded?seconds=30 HTTP/1.1\r\n"
                              "Host: localhost\r\n\r\n"));
  }
  ASSERT_TRUE(Eventually([] { return Profiles().recording == 32; }));
  EXPECT_EQ(Get(server.port(), "/debug/pprof/test.recorded?seconds=1").status, 503);
  EXPECT_EQ(Get(server.port(), "/debug/pprof/test.collected").status, 200);
  EXPECT_EQ(Get(server.port(), "/debug/pprof/test.collected?seconds=1").status, 200);
  EXPECT_EQ(server.refused().at("recordings"), 1u);
  for (const int client : clients) close(client);
}

TEST(Server, TooManyDumpsAreRefused) {
  Options options = Local();
  options.dump_burst = 2;
  options.dumps_per_second = 0.001;
  const Server server = Started(options);
  EXPECT_EQ(Get(server.port(), "/debug/pprof/test.collected").status, 200);
  EXPECT_EQ(Get(server.port(), "/debug/pprof/test.collected").status, 200);
  EXPECT_EQ(Get(server.port(), "/debug/pprof/test.collected").status, 503);
  EXPECT_EQ(Get(server.port(), "/debug/pprof/").status, 200);
  EXPECT_EQ(server.refused().at("dumps"), 1u);
}

TEST(Server, TooManyLookUpsAreRefusedAndTakeNoProfilesAway) {
  Options options = Local();
  options.dump_burst = 2;
  options.dumps_per_second = 0.001;
  const Server server = Started(options);
  EXPECT_EQ(Get(server.port(), "/debug/pprof/").status, 200);
  EXPECT_EQ(Get(server.port(), "/debug/pprof/symbol?0x1").status, 200);
  EXPECT_EQ(Get(server.port(), "/debug/pprof/symbol?0x1").status, 503);
  EXPECT_EQ(Get(server.port(), "/debug/pprof/").status, 503);
  EXPECT_EQ(Get(server.port(), "/debug/pprof/cmdline").status, 200);
  EXPECT_EQ(Get(server.port(), "/debug/pprof/test.collected").status, 200);
}

TEST(Server, LogsOneLineARequestAndNeverTheToken) {
  std::mutex mutex;
  std::vector<RequestRecord> records;
  Options options = Local();
  options.token = "0123456789abcdef0123456789abcdef";
  options.log = [&](const RequestRecord& record) {
    const std::lock_guard<std::mutex> lock(mutex);
    records.push_back(record);
  };
  const auto size = [&] {
    const std::lock_guard<std::mutex> lock(mutex);
    return records.size();
  };
  const Server server = Started(options);
  const std::string bearer = "Authorization: Bearer " + options.token + "\r\n";
  const ClientAnswer good = Get(server.port(), "/debug/pprof/test.collected?min_age=1s", bearer);
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(Get(server.port(), "/debug/pprof/").status, 401);
  ASSERT_TRUE(Eventually([&] { return size() == 2; }));
  EXPECT_EQ(records[0].method, "GET");
  EXPECT_EQ(records[0].path, "/debug/pprof/test.collected");
  EXPECT_EQ(records[0].status, 200);
  EXPECT_EQ(records[0].bytes, good.head.size() + 2 + good.body.size());
  EXPECT_EQ(records[0].peer.find("127.0.0.1:"), 0u);
  EXPECT_EQ(records[1].status, 401);
  EXPECT_EQ(server.refused().at("unauthorized"), 1u);
}

TEST(Server, ThreadsBlockSignalsAndHaveNames) {
  const Server server = Started();
  int named = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream comm(task.path() / "comm");
    std::string name;
    std::getline(comm, name);
    if (name.find("pprof-") != 0) continue;
    ++named;
    std::ifstream status(task.path() / "status");
    std::string blocked;
    for (std::string line; std::getline(status, line);) {
      if (line.find("SigBlk:") == 0) blocked = line.substr(8);
    }
    // All but SIGKILL and SIGSTOP; 32 and 33 belong to the C library, which manages them itself.
    EXPECT_EQ(std::stoull(blocked, nullptr, 16) | 0x180000000, 0xfffffffffffbfeff) << name;
  }
  EXPECT_EQ(named, 6) << "no recording runs";
}

TEST(Server, LeavesSigpipeToTheProgram) {
  struct sigaction before {};
  sigaction(SIGPIPE, nullptr, &before);
  {
    const Server server = Started();
    struct sigaction during {};
    sigaction(SIGPIPE, nullptr, &during);
    EXPECT_EQ(during.sa_handler, before.sa_handler);
  }
}

TEST(Server, RefusesAddressesThatCannotBeReadOrAreNotSafe) {
  Options options = Local();
  for (const char* address : {"", "6060", ":6060", "localhost", "127.0.0.1:", "127.0.0.1:x",
                              "127.0.0.1:65536", "example.org:80", "::1:80", "[::1:80", "127.1:80",
                              "[127.0.0.1]:80", "unix:", "unix:relative.sock", "127.0.0.1:+5"}) {
    options.address = address;
    auto server = Server::Start(options);
    ASSERT_FALSE(server.ok()) << address;
    EXPECT_EQ(server.status().code(), StatusCode::kInvalidArgument) << address;
  }
}

TEST(Server, RemoteNeedsPermissionAndALongToken) {
  const std::string long_token(32, 't');
  const struct {
    std::string token;
    bool allow;
    bool ok;
  } cases[] = {{"", false, false},
               {"", true, false},
               {long_token, false, false},
               {std::string(31, 't'), true, false},
               {long_token, true, true}};
  for (const auto& one : cases) {
    Options options = Local();
    options.address = "0.0.0.0:0";
    options.allow_remote = one.allow;
    options.token = one.token;
    auto server = Server::Start(options);
    EXPECT_EQ(server.ok(), one.ok) << one.allow << one.token.size();
    if (!server.ok()) {
      EXPECT_NE(server.status().message().find("allow_remote and a token"), std::string::npos);
    }
  }
}

TEST(Server, ReadsTheTokenFromAFile) {
  const std::string path = testing::TempDir() + "pprof_token_" + std::to_string(getpid());
  std::ofstream(path) << "  file-token-0123456789abcdef0123456789 \n";
  Options options = Local();
  options.token_file = path;
  {
    const Server server = Started(options);
    EXPECT_EQ(Get(server.port(), "/debug/pprof/").status, 401);
    EXPECT_EQ(Get(server.port(), "/debug/pprof/",
                  "Authorization: Bearer file-token-0123456789abcdef0123456789\r\n")
                  .status,
              200);
  }
  options.token = "both";
  EXPECT_FALSE(Server::Start(options).ok());
  options.token.clear();
  std::ofstream(path) << "\n";
  EXPECT_FALSE(Server::Start(options).ok());
  unlink(path.c_str());
  EXPECT_FALSE(Server::Start(options).ok());
}

TEST(Options, FromEnvironment) {
  setenv("PPROF_CPP_LISTEN", "127.0.0.1:7070", 1);
  setenv("PPROF_CPP_TOKEN_FILE", "/run/token", 1);
  setenv("PPROF_CPP_ALLOW_REMOTE", "1", 1);
  setenv("PPROF_CPP_ALLOWED_HOSTS", "app, app.svc ,,", 1);
  setenv("PPROF_CPP_WATCH", "/captures", 1);
  auto options = Options::FromEnvironment();
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options.value().allowed_hosts, (std::vector<std::string>{"app", "app.svc"}));
  EXPECT_EQ(options.value().watch, "/captures");
  EXPECT_EQ(options.value().address, "127.0.0.1:7070");
  EXPECT_EQ(options.value().token_file, "/run/token");
  EXPECT_TRUE(options.value().allow_remote);
  setenv("PPROF_CPP_ALLOW_REMOTE", "maybe", 1);
  EXPECT_FALSE(Options::FromEnvironment().ok());
  unsetenv("PPROF_CPP_LISTEN");
  unsetenv("PPROF_CPP_TOKEN_FILE");
  unsetenv("PPROF_CPP_ALLOW_REMOTE");
  unsetenv("PPROF_CPP_ALLOWED_HOSTS");
  unsetenv("PPROF_CPP_WATCH");
  options = Options::FromEnvironment();
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options.value().address, "127.0.0.1:6060");
  EXPECT_FALSE(options.value().allow_remote);
  EXPECT_EQ(options.value().watch, "");
}

}  // namespace
}  // namespace pprof::http
