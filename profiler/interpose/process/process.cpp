// Reports forks, sandboxes and dlclose to on_process.h.
#include <dlfcn.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>

#include <cstdarg>

#include "profiler/interpose/next.h"
#include "profiler/signal_safe/hooks/on_process.h"

#define PPROF_EXPORT __attribute__((visibility("default")))

namespace pprof::interpose {
namespace {

constexpr char kDlclose[] = "dlclose";
constexpr char kPrctl[] = "prctl";
using NextDlclose = Next<int(void*) noexcept, kDlclose>;
using NextPrctl =
    Next<int(int, unsigned long, unsigned long, unsigned long, unsigned long) noexcept, kPrctl>;

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

// The C library's reads four words as well, however many were passed.
PPROF_EXPORT_WEAK int prctl(int option, ...) noexcept {
  va_list arguments;
  va_start(arguments, option);
  unsigned long words[4];
  for (unsigned long& word : words) word = va_arg(arguments, unsigned long);
  va_end(arguments);
  if (option == PR_SET_SECCOMP && words[0] == SECCOMP_MODE_STRICT) {
    pprof::signal_safe::OnSandbox(nullptr);
  }
  if (option == PR_SET_SECCOMP && words[0] == SECCOMP_MODE_FILTER && words[1] != 0) {
    pprof::signal_safe::OnSandbox(reinterpret_cast<const void*>(words[1]));
  }
  return pprof::interpose::NextPrctl::Call(option, words[0], words[1], words[2], words[3]);
}

// syscall(SYS_seccomp, ...): see futex.cpp. Without a filter it only asks whether there are any.
__attribute__((visibility("hidden"))) void PprofCppSeccomp(long operation, const void* filter) {
  if (operation == SECCOMP_SET_MODE_STRICT) pprof::signal_safe::OnSandbox(nullptr);
  if (operation == SECCOMP_SET_MODE_FILTER && filter != nullptr) {
    pprof::signal_safe::OnSandbox(filter);
  }
}

}  // extern "C"
