#include <dlfcn.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "profiler/sys/modules/loader_call.h"
#include "profiler/sys/thread/thread_signal.h"

namespace pprof::sys {

SignalOwner OwnerOfSignal(int signal, SignalHandler ours) {
  struct sigaction action {};
  if (sigaction(signal, nullptr, &action) != 0) return SignalOwner::kForeign;
  if ((action.sa_flags & SA_SIGINFO) != 0) {
    const bool is_ours =
        reinterpret_cast<void*>(action.sa_sigaction) == reinterpret_cast<void*>(ours);
    return is_ours ? SignalOwner::kOurs : SignalOwner::kForeign;
  }
  if (action.sa_handler == SIG_DFL) return SignalOwner::kDefault;
  if (action.sa_handler == SIG_IGN) return SignalOwner::kIgnored;
  return SignalOwner::kForeign;
}

bool InstallHandler(int signal, SignalHandler handler) {
  struct sigaction action {};
  action.sa_sigaction = reinterpret_cast<void (*)(int, siginfo_t*, void*)>(handler);
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) {
    sigdelset(&action.sa_mask, fault);
  }
  return sigaction(signal, &action, nullptr) == 0;
}

void ResetSignal(int signal, SignalOwner to) {
  struct sigaction action {};
  action.sa_handler = SIG_IGN;  // this change makes the kernel discard pending ones of all threads
  sigaction(signal, &action, nullptr);
  if (to == SignalOwner::kIgnored) return;
  action.sa_handler = SIG_DFL;
  sigaction(signal, &action, nullptr);
}

std::string FileOfHandler(int signal) {
  struct sigaction action {};
  Dl_info info;
  const LoaderCall call;
  if (sigaction(signal, nullptr, &action) != 0 ||
      dladdr(reinterpret_cast<void*>(action.sa_sigaction), &info) == 0) {
    return "unknown code";
  }
  return info.dli_sname == nullptr ? std::string(info.dli_fname)
                                   : std::string(info.dli_sname) + " in " + info.dli_fname;
}

namespace {
// Whether this thread had SIGPROF blocked before the fork.
__thread bool profiling_was_blocked __attribute__((tls_model("initial-exec")));
}  // namespace

void BlockProfilingSignal() {
  sigset_t profiling;
  sigset_t before;
  sigemptyset(&profiling);
  sigaddset(&profiling, SIGPROF);
  pthread_sigmask(SIG_BLOCK, &profiling, &before);
  profiling_was_blocked = sigismember(&before, SIGPROF) == 1;
}

void UnblockProfilingSignal() {
  if (profiling_was_blocked) return;
  sigset_t profiling;
  sigemptyset(&profiling);
  sigaddset(&profiling, SIGPROF);
  pthread_sigmask(SIG_UNBLOCK, &profiling, nullptr);
}

bool BlocksProfilingSignal() {
  sigset_t blocked;
  return pthread_sigmask(SIG_BLOCK, nullptr, &blocked) == 0 && sigismember(&blocked, SIGPROF) == 1;
}

int FreeRealTimeSignal() {
  for (int signal = SIGRTMIN; signal <= SIGRTMAX; ++signal) {
    if (OwnerOfSignal(signal, nullptr) == SignalOwner::kDefault) return signal;
  }
  return 0;
}

int UrgentSignal() { return SIGURG; }
int ProfilingSignal() { return SIGPROF; }

int SignalThread(int32_t tid, int signal) {
  const int saved_errno = errno;
  const int error = syscall(SYS_tgkill, getpid(), tid, signal) == 0 ? 0 : errno;
  errno = saved_errno;
  return error;
}

bool ThreadBlocksSignal(int32_t tid, int signal) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/task/%d/status", tid);
  FILE* file = std::fopen(path, "re");
  if (file == nullptr) return false;
  bool blocked = false;
  char line[256];
  while (std::fgets(line, sizeof line, file) != nullptr) {
    if (std::strncmp(line, "SigBlk:", 7) != 0) continue;
    blocked = (std::strtoull(line + 7, nullptr, 16) >> (signal - 1) & 1) != 0;
    break;
  }
  std::fclose(file);
  return blocked;
}

}  // namespace pprof::sys
