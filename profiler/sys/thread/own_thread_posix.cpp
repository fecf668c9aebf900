#include <cxxabi.h>
#include <signal.h>
#include <sys/resource.h>

#include <cerrno>
#include <memory>

#include "profiler/sys/process/process.h"
#include "profiler/sys/thread/own_thread.h"

namespace pprof::sys {
namespace {

// Initial-exec: read inside pthread_create, where an access must not allocate.
__thread bool creates_own_threads __attribute__((tls_model("initial-exec")));

// The start routine of every profiler thread.
void* RunOwnThread(void* opaque) {
  const std::unique_ptr<std::function<void()>> body(static_cast<std::function<void()>*>(opaque));
  try {
    (*body)();
  } catch (const abi::__forced_unwind&) {
    throw;  // cancellation, which glibc must see
  } catch (...) {
    // Ends this thread only; the program continues.
  }
  return nullptr;
}

// The new thread inherits the signal mask and the mark; the caller's are restored.
int CreateDeafAndMarked(pthread_t* thread, const pthread_attr_t* attributes,
                        std::function<void()>* body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const bool created_own = SetCreatesOwnThreads(true);
  const int error = pthread_create(thread, attributes, RunOwnThread, body);
  SetCreatesOwnThreads(created_own);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return error;
}

}  // namespace

OwnThread OwnThread::Start(const char* name, std::function<void()> body, size_t stack_bytes) {
  OwnThread thread;
  std::unique_ptr<std::function<void()>> run(new (std::nothrow)
                                                 std::function<void()>(std::move(body)));
  pthread_attr_t attributes;
  if (run == nullptr || pthread_attr_init(&attributes) != 0) {
    errno = ENOMEM;
    return thread;
  }
  pthread_attr_setstacksize(&attributes, stack_bytes);
  const int error = CreateDeafAndMarked(&thread.thread_, &attributes, run.get());
  pthread_attr_destroy(&attributes);
  if (error == 0) {
    static_cast<void>(run.release());  // RunOwnThread owns it now
    thread.running_ = true;
    thread.process_ = ProcessGeneration();
    pthread_setname_np(thread.thread_, name);
  } else {
    errno = error;
  }
  return thread;
}

void OwnThread::Join() {
  if (!std::exchange(running_, false)) return;
  if (process_ == ProcessGeneration()) pthread_join(thread_, nullptr);
}

void OwnThread::Detach() {
  if (std::exchange(running_, false)) pthread_detach(thread_);
}

bool CreatesOwnThreads() { return creates_own_threads; }

bool SetCreatesOwnThreads(bool creates) { return std::exchange(creates_own_threads, creates); }

// On Linux 0 is the calling thread, not the process as in POSIX. On error nothing changes.
void LowerOwnPriority(int steps) {
  setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + steps);
}

}  // namespace pprof::sys
