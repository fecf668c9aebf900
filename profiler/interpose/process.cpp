// Reports forks and dlclose to on_process.h.
#include <dlfcn.h>
#include <pthread.h>

#include "profiler/interpose/next.h"
#include "profiler/signal_safe/hooks/on_process.h"

#define PPROF_EXPORT __attribute__((visibility("default")))

namespace pprof::interpose {
namespace {

constexpr char kDlclose[] = "dlclose";
using NextDlclose = Next<int(void*) noexcept, kDlclose>;

// The only work at load. Not done in malloc's slow path, because pthread_atfork allocates under the
// lock it needs.
__attribute__((constructor)) void RegisterForkHandler() {
  pthread_atfork(signal_safe::OnForkBegin, signal_safe::OnForkParent, signal_safe::OnForkChild);
}

}  // namespace
}  // namespace pprof::interpose

extern "C" {

PPROF_EXPORT int dlclose(void* handle) noexcept {
  pprof::signal_safe::OnUnloadBegin();
  const int result = pprof::interpose::NextDlclose::Call(handle);
  pprof::signal_safe::OnUnloadEnd();
  return result;
}

}  // extern "C"
