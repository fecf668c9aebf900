// Ends in the way, and with the owner of the Server, that its arguments name: see exit_test.py.
// Prints "port N", and "destroyed" from the destructor of a global object; "late" also prints there
// whether the server still answers.
//
//   exit_program return|exit|_exit|quick_exit|abort|exec|signal|last_thread|late
//   stack|static|leaked|library
#include <pprof/http.h>
#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "tests/unit/endpoints/http_client.h"

void KeepInLibrary(std::shared_ptr<void> server);  // exit_library.cpp

namespace {

constexpr int kCode = 7;

void Say(const char* line) { static_cast<void>(write(STDOUT_FILENO, line, std::strlen(line))); }

// Constructed before any static object of the server, so destroyed after all of them.
struct Global {
  ~Global() {
    if (ask_port != 0) {  // the first request of all
      const bool answers = pprof::http::Get(ask_port, "/debug/pprof/cmdline").status != 0;
      Say(answers ? "answered\n" : "no answer\n");
    }
    Say("destroyed\n");
  }
  uint16_t ask_port = 0;
} global;

std::optional<pprof::http::Server> static_server;

pprof::http::Server Started() {
  pprof::http::Options options;
  options.address = "127.0.0.1:0";
  options.dumps_per_second = options.dump_burst = 1e6;
  auto server = pprof::http::Server::Start(options);
  if (!server.ok()) std::abort();
  std::printf("port %d\n", server.value().port());
  std::fflush(stdout);
  return std::move(server).value();
}

void AwaitLine() {
  std::string line;
  std::getline(std::cin, line);
}

// Returns for "return".
void End(const std::string& way) {
  if (way == "exit") std::exit(kCode);  // NOLINT(concurrency-mt-unsafe): what is tested
  if (way == "_exit") _exit(kCode);
  if (way == "quick_exit") std::quick_exit(kCode);
  if (way == "abort") std::abort();
  if (way == "exec") execl("/bin/sh", "sh", "-c", "exit 7", nullptr);
  if (way == "signal") std::raise(SIGTERM);
  if (way == "last_thread") {
    std::thread([] { usleep(2000); }).detach();
    pthread_exit(nullptr);
  }
}

}  // namespace

int main(int, char** argv) {
  const std::string way = argv[1];
  const std::string owner = argv[2];
  pprof::http::Server server = Started();
  if (way == "late") global.ask_port = server.port();
  std::unique_ptr<pprof::http::Server> on_stack;
  if (owner == "stack") {
    on_stack = std::make_unique<pprof::http::Server>(std::move(server));
  } else if (owner == "static") {
    static_server.emplace(std::move(server));
  } else if (owner == "leaked") {
    new pprof::http::Server(std::move(server));
  } else {
    KeepInLibrary(std::make_shared<pprof::http::Server>(std::move(server)));
  }
  AwaitLine();
  End(way);
  return kCode;
}
