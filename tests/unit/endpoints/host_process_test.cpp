// What the program around the server may do to it: close and reuse descriptors, lower its limits,
// fork.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "pprof/http.h"
#include "profiler/sys/process/sanitizers.h"
#include "tests/unit/endpoints/http_client.h"
#include "tests/unit/endpoints/test_server.h"

// LeakSanitizer's question at exit. A forked child has the memory of threads that it does not have.
extern "C" __attribute__((visibility("default"))) int __lsan_is_turned_off();

namespace pprof::http {
namespace {

constexpr int kFirstNotStandard = 3;
constexpr int kMostDescriptors = 1024;

void CloseAllDescriptors() {
  for (int fd = kFirstNotStandard; fd < kMostDescriptors; ++fd) close(fd);
}

// Runs `body` in a child and returns how it ended; SIGALRM after 20 s.
bool is_child = false;

int StatusOfChild(const std::function<void()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    is_child = true;
    alarm(20);
    body();
    exit(0);  // NOLINT(concurrency-mt-unsafe): the child has one thread, or tests just that
  }
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

bool Listens(uint16_t port) {
  Options options;
  options.address = "127.0.0.1:" + std::to_string(port);
  return !Server::Start(options).ok();
}

constexpr char kShared[] = "under ThreadSanitizer the server shares the program's descriptors";

TEST(HostProcess, MayCloseAndReuseEveryDescriptor) {
  if (sys::ThreadSanitizerIsPresent()) GTEST_SKIP() << kShared;
  // In a child: the test's own descriptors stay.
  EXPECT_EQ(StatusOfChild([] {
              const Server server = Started();
              CloseAllDescriptors();
              // Every number is the program's now: nothing may be written to it, or closed.
              int mine[2];
              if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, mine) != 0) _exit(1);
              const int other_end = fcntl(mine[1], F_DUPFD_CLOEXEC, 1000);
              for (int fd = kFirstNotStandard; fd < 1000; ++fd) dup2(mine[0], fd);
              if (Get(server.port(), "/debug/pprof/cmdline").status != 200) _exit(2);
              char byte = 0;
              if (recv(other_end, &byte, 1, 0) != -1 || errno != EAGAIN) _exit(3);
              { const Server other = Started(); }
              for (int fd = kFirstNotStandard; fd < 1000; ++fd) {
                if (fcntl(fd, F_GETFD) == -1) _exit(4);
              }
            }),
            0);
}

TEST(HostProcess, StoppingClosesNoDescriptorThatTheProgramReused) {
  if (sys::ThreadSanitizerIsPresent()) GTEST_SKIP() << kShared;
  EXPECT_EQ(StatusOfChild([] {
              std::optional<Server> server = Started();
              CloseAllDescriptors();
              const int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
              for (int fd = kFirstNotStandard; fd < 1000; ++fd) dup2(file, fd);
              server.reset();
              for (int fd = kFirstNotStandard; fd < 1000; ++fd) {
                if (fcntl(fd, F_GETFD) == -1) _exit(1);
              }
            }),
            0);
}

TEST(HostProcess, MayHaveNoDescriptorLeft) {
  if (sys::ThreadSanitizerIsPresent()) GTEST_SKIP() << kShared;
  EXPECT_EQ(StatusOfChild([] {
              const rlimit few{kMostDescriptors, kMostDescriptors};
              setrlimit(RLIMIT_NOFILE, &few);
              const Server server = Started();
              const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
              while (dup(client) >= 0) {
              }
              close(client);
              if (Get(server.port(), "/debug/pprof/cmdline").status != 200) _exit(1);
            }),
            0);
}

TEST(HostProcess, NoThreadSpinsWithoutDescriptors) {
  EXPECT_EQ(StatusOfChild([] {
              std::optional<Server> server = Started();
              const rlimit none{0, 0};
              setrlimit(RLIMIT_NOFILE, &none);
              const std::clock_t before = std::clock();
              usleep(500'000);
              if (std::clock() - before > CLOCKS_PER_SEC / 5) _exit(1);
              server.reset();
            }),
            0);
}

// Whether nobody can listen on a server's port after its end, while a child from before lives.
bool AChildKeepsThePort() {
  std::optional<Server> server = Started();
  const uint16_t port = server->port();
  int wait_here[2];
  EXPECT_EQ(pipe2(wait_here, O_CLOEXEC), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(wait_here[1]);
    char byte = 0;
    _exit(read(wait_here[0], &byte, 1) < 0 ? 1 : 0);
  }
  EXPECT_TRUE(Listens(port));
  server.reset();
  const bool kept = Listens(port);
  close(wait_here[1]);
  close(wait_here[0]);
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  return kept;
}

TEST(HostProcess, AForkedChildDoesNotListen) {
  // Several tries: meanwhile another program of this machine may have got the port.
  EXPECT_FALSE(AChildKeepsThePort() && AChildKeepsThePort() && AChildKeepsThePort());
}

TEST(HostProcess, AForkedChildMayEndReplaceOrStopItsServer) {
  if (sys::ThreadSanitizerIsPresent()) {
    GTEST_SKIP() << "ThreadSanitizer ends the forked child of a program with threads at its thread";
  }
  auto server = std::make_unique<Server>(Started());
  const uint16_t port = server->port();
  EXPECT_EQ(StatusOfChild([] {}), 0) << "exit()";
  EXPECT_EQ(StatusOfChild([&] { server.reset(); }), 0);
  EXPECT_EQ(StatusOfChild([&] {
              *server = Started();
              if (Get(server->port(), "/debug/pprof/cmdline").status != 200) _exit(1);
              if (StatusOfChild([&] { server.reset(); }) != 0) _exit(2);
              server.reset();
            }),
            0);
  EXPECT_EQ(Get(port, "/debug/pprof/cmdline").status, 200) << "the parent's is as it was";
}

TEST(HostProcess, TheTokenFileMayBeAFifo) {
  const std::string path = testing::TempDir() + "pprof_fifo_" + std::to_string(getpid());
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  Options options = Local();
  options.token_file = path;
  auto server = Server::Start(options);
  ASSERT_FALSE(server.ok());
  EXPECT_NE(server.status().message().find("not a regular file"), std::string::npos);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace pprof::http

// NOLINTNEXTLINE(bugprone-reserved-identifier): the sanitizer's name
extern "C" int __lsan_is_turned_off() { return pprof::http::is_child ? 1 : 0; }
