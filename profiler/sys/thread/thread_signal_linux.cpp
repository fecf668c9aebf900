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
#include "profiler/sys/thread/tasks.h"
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

namespace {

constexpr uint64_t BitOf(int signal) { return uint64_t{1} << (signal - 1); }

// All real-time signals that the C library leaves to programs.
uint64_t RealTimeSignals() {
  uint64_t all = 0;
  for (int signal = SIGRTMIN; signal <= SIGRTMAX; ++signal) all |= BitOf(signal);
  return all;
}

// 0 if the thread is gone.
uint64_t BlockedSignals(int32_t tid) {
  const int fd = OpenTaskFile(tid, "status");
  FILE* file = fd < 0 ? nullptr : fdopen(fd, "r");
  if (file == nullptr) {
    if (fd >= 0) close(fd);  // no memory
    return 0;
  }
  uint64_t blocked = 0;
  char line[256];
  while (std::fgets(line, sizeof line, file) != nullptr) {
    if (std::strncmp(line, "SigBlk:", 7) != 0) continue;
    blocked = std::strtoull(line + 7, nullptr, 16);
    break;
  }
  std::fclose(file);
  return blocked;
}

uint64_t BlockedOnPurpose() {
  const uint64_t real_time = RealTimeSignals();
  uint64_t on_purpose = 0;
  for (const int32_t tid : ListTasks()) {
    const uint64_t blocked = BlockedSignals(tid);
    if ((blocked & real_time) != real_time) on_purpose |= blocked;
  }
  return on_purpose;
}

}  // namespace

int FreeRealTimeSignal() {
  const uint64_t blocked = BlockedOnPurpose();
  for (int signal = SIGRTMAX; signal >= SIGRTMIN; --signal) {
    const bool wanted = (blocked & BitOf(signal)) != 0;
    if (!wanted && OwnerOfSignal(signal, nullptr) == SignalOwner::kDefault) return signal;
  }
  return 0;
}

bool IsBlockedOnPurpose(int signal) { return (BlockedOnPurpose() & BitOf(signal)) != 0; }

int UrgentSignal() { return SIGURG; }
int ProfilingSignal() { return SIGPROF; }

int SignalNamed(std::string_view name) {
  if (name.substr(0, 3) == "SIG") name.remove_prefix(3);
  for (int signal = 1; signal < SIGRTMIN; ++signal) {
    const char* known = sigabbrev_np(signal);
    if (known != nullptr && name == known) return signal;
  }
  return 0;
}

int SignalThread(int32_t tid, int signal) {
  const int saved_errno = errno;
  const int error = syscall(SYS_tgkill, getpid(), tid, signal) == 0 ? 0 : errno;
  errno = saved_errno;
  return error;
}

bool ThreadBlocksSignal(int32_t tid, int signal) {
  return (BlockedSignals(tid) & BitOf(signal)) != 0;
}

}  // namespace pprof::sys
