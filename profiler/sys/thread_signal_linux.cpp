#include "profiler/sys/thread_signal.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace pprof::sys {

SignalOwner OwnerOfSignal(int signal, SignalHandler ours) {
  struct sigaction action {};
  if (sigaction(signal, nullptr, &action) != 0) return SignalOwner::kForeign;
  if ((action.sa_flags & SA_SIGINFO) != 0) {
    const bool is_ours = reinterpret_cast<void*>(action.sa_sigaction) == reinterpret_cast<void*>(ours);
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
  for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) sigdelset(&action.sa_mask, fault);
  return sigaction(signal, &action, nullptr) == 0;
}

int FreeRealTimeSignal() {
  for (int signal = SIGRTMIN; signal <= SIGRTMAX; ++signal) {
    if (OwnerOfSignal(signal, nullptr) == SignalOwner::kDefault) return signal;
  }
  return 0;
}

int UrgentSignal() { return SIGURG; }
int ProfilingSignal() { return SIGPROF; }

bool SignalThread(int32_t tid, int signal) {
  const int saved_errno = errno;
  const bool sent = syscall(SYS_tgkill, getpid(), tid, signal) == 0;
  errno = saved_errno;
  return sent;
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
