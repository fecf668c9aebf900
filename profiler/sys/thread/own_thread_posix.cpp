#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include <system_error>
#include <utility>

#include "profiler/sys/thread/own_thread.h"

namespace pprof::sys {
namespace {

// Initial-exec: read inside pthread_create, which must not allocate for it.
__thread bool creates_own_threads __attribute__((tls_model("initial-exec")));

}  // namespace

bool CreatesOwnThreads() { return creates_own_threads; }

bool SetCreatesOwnThreads(bool creates) { return std::exchange(creates_own_threads, creates); }

std::thread StartOwnThread(const char* name, std::function<void()> body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // the new thread inherits it
  const bool created_own = SetCreatesOwnThreads(true);
  std::thread thread;
  try {
    thread = std::thread([name, body = std::move(body)] {
      pthread_setname_np(pthread_self(), name);
      body();
    });
  } catch (const std::system_error&) {
    // Not joinable: the caller has the error to report.
  }
  SetCreatesOwnThreads(created_own);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

// On Linux 0 means the calling thread, not the process as POSIX has it. At an error nothing
// changes.
void LowerOwnPriority(int steps) {
  setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + steps);
}

}  // namespace pprof::sys
