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

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>

#include "pprof/http.h"
#include "profiler/sys/process/environment.h"

namespace {

using pprof::sys::FindEnvironment;

// The process that PPROF_CPP_LISTEN is meant for; inherited along with it.
constexpr char kListenPid[] = "PPROF_CPP_LISTEN_PID";

// All of this runs before main, with one thread. Shells have their own getenv and setenv, which do
// not work yet, or keep what they are told from `environ`, so neither is used.
bool MeantForThisProcess() {
  const char* meant_for = FindEnvironment(kListenPid);
  return meant_for == nullptr || meant_for == std::to_string(getpid());
}

// Puts the mark into a new environment, which main and all children get. Ownership: the process's.
void MarkForChildren() {
  if (FindEnvironment(kListenPid) != nullptr) return;
  size_t count = 0;
  while (environ[count] != nullptr) ++count;
  auto* const entries = new char*[count + 2];
  std::copy_n(environ, count, entries);
  entries[count] = new char[64];
  std::snprintf(entries[count], 64, "%s=%d", kListenPid, getpid());
  entries[count + 1] = nullptr;
  environ = entries;
}

void Complain(const std::string& message) {
  std::fprintf(stderr, "pprof-cpp: not listening: %s\n", message.c_str());
}

void StartServer() {
  MarkForChildren();
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
  try {
    const char* listen = FindEnvironment("PPROF_CPP_LISTEN");
    if (listen != nullptr && *listen != '\0' && MeantForThisProcess()) StartServer();
  } catch (const std::exception& error) {
    Complain(error.what());
  }
}
