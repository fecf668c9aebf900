// libpprof_preload.so: the profiler for programs that are not built with it. A C program that links
// the profiler through CMake has this file, too.
//
//   LD_PRELOAD=/usr/lib/libpprof_preload.so PPROF_CPP_LISTEN=127.0.0.1:6060 python3 app.py
//
// Its malloc replaces the program's from the first call. It starts the HTTP server only if
// PPROF_CPP_LISTEN is set (PPROF_CPP_TOKEN_FILE and PPROF_CPP_ALLOW_REMOTE work as usual), and only
// in the first process: children inherit LD_PRELOAD and are sampled, but do not listen. If that
// same process calls exec (the last line of a wrapper script), it listens again. A fork without
// exec has no server, since threads do not survive it.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "pprof/http.h"

namespace {

// The process that PPROF_CPP_LISTEN is meant for; inherited along with it.
constexpr const char* kListenPid = "PPROF_CPP_LISTEN_PID";

// While the program is loaded there is one thread, and nobody else changes the environment.
// NOLINTBEGIN(concurrency-mt-unsafe)
bool MeantForThisProcess() {
  const char* meant_for = std::getenv(kListenPid);
  return meant_for == nullptr || meant_for == std::to_string(getpid());
}

void Complain(const std::string& message) {
  std::fprintf(stderr, "pprof-cpp: not listening: %s\n", message.c_str());
}

void StartServer() {
  setenv(kListenPid, std::to_string(getpid()).c_str(), 1);
  const auto options = pprof::http::Options::FromEnvironment();
  if (!options.ok()) return Complain(options.status().message());
  auto server = pprof::http::Server::Start(options.value());
  if (!server.ok()) return Complain(server.status().message());
  new pprof::http::Server(std::move(server.value()));  // serves until the process ends
}

}  // namespace

// Enabled by a variable, since a preloaded library has no other configuration. Never ends the host
// process on errors. Named, so that a link option can ask for it.
extern "C" __attribute__((constructor, visibility("hidden"))) void pprof_cpp_listen_at_start() {
  const char* listen = std::getenv("PPROF_CPP_LISTEN");
  if (listen == nullptr || *listen == '\0' || !MeantForThisProcess()) return;
  try {
    StartServer();
  } catch (const std::exception& error) {
    Complain(error.what());
  }
}
// NOLINTEND(concurrency-mt-unsafe)
