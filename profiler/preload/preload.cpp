// libpprof_preload.so: the profiler for programs that are not built with it.
//
//   LD_PRELOAD=/usr/lib/libpprof_preload.so PPROF_CPP_LISTEN=127.0.0.1:6060 python3 app.py
//
// Its malloc replaces the program's from the first call. It starts the HTTP server only if
// PPROF_CPP_LISTEN is set, and only in programs that live for a while. docs/preload.md says which
// processes of a tree listen, and where.
#include <pthread.h>
#include <sys/auxv.h>

#include "profiler/preload/late_start.h"
#include "profiler/preload/listening.h"

// For interpose/real_allocator.cpp: this copy of the profiler is in front of the program.
extern "C" {
extern const char pprof_cpp_is_preloaded __attribute__((visibility("hidden")));
const char pprof_cpp_is_preloaded = 1;
}

namespace pprof::preload {
namespace {

constexpr int64_t kMillisecond = 1000000;
constexpr int64_t kProgramAge = 500 * kMillisecond;
// A child may be one of many that the program forks for a moment.
constexpr int64_t kChildAge = 1000 * kMillisecond;

Listening* listening = nullptr;

void Serve() { listening->Serve(); }

void OnForkedChild() {
  listening->OnForkedChild();
  if (listening->MayServe()) StartLater(kChildAge, Serve);
}

// Runs before main. An exec of the same process comes here again.
__attribute__((constructor)) void ListenLater() {
  if (getauxval(AT_SECURE) != 0) return;  // setuid: the environment is a stranger's
  listening = Listening::FromEnvironment();
  if (listening == nullptr || pthread_atfork(nullptr, nullptr, OnForkedChild) != 0) return;
  ResolveWaits();
  PrepareLateStart();
  StartLater(kProgramAge, Serve);
}

__attribute__((destructor)) void RemoveSocket() {
  if (listening != nullptr) listening->OnExit();
}

}  // namespace
}  // namespace pprof::preload
