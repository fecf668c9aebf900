#include "profiler/sys/own_thread.h"

#include <pthread.h>
#include <signal.h>

#include <system_error>
#include <utility>

namespace pprof::sys {

std::thread StartOwnThread(const char* name, std::function<void()> body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // the new thread inherits it
  std::thread thread;
  try {
    thread = std::thread([name, body = std::move(body)] {
      pthread_setname_np(pthread_self(), name);
      body();
    });
  } catch (const std::system_error&) {
    // Not joinable: the caller has the error to report.
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace pprof::sys
