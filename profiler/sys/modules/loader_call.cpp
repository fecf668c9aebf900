#include "profiler/sys/modules/loader_call.h"

#include <atomic>
#include <cstdint>

#include "profiler/sys/thread/this_thread.h"
#include "profiler/sys/time/clock.h"

namespace pprof::sys {
namespace {

// Number of profiler threads inside the loader, plus kFork for each fork that waits or runs.
constexpr uint32_t kFork = 1 << 16;
constexpr uint32_t kForks = ~(kFork - 1);
constexpr uint64_t kLongestWait = 100000000;  // ns
std::atomic<uint32_t> state{0};
__thread uint32_t calls_of_thread __attribute__((tls_model("initial-exec")));
// The thread's own fork handlers may call the loader (e.g. dlclose): it must not wait for itself.
__thread bool thread_forks __attribute__((tls_model("initial-exec")));

// Waits until the bits are all clear. False: timeout.
bool AwaitClear(uint32_t bits, uint64_t begun) {
  while ((state.load(std::memory_order_acquire) & bits) != 0) {
    if (MonotonicNanos() - begun >= kLongestWait) return false;
    Yield();
  }
  return true;
}

}  // namespace

LoaderCall::LoaderCall() {
  if (calls_of_thread++ != 0) return;
  const uint64_t begun = MonotonicNanos();
  // A fork that begins after this addition sees it and waits for this thread.
  while ((state.fetch_add(1, std::memory_order_acq_rel) & kForks) != 0 && !thread_forks) {
    state.fetch_sub(1, std::memory_order_release);
    if (AwaitClear(kForks, begun)) continue;
    state.fetch_add(1, std::memory_order_acq_rel);
    return;
  }
}

LoaderCall::~LoaderCall() {
  if (--calls_of_thread == 0) state.fetch_sub(1, std::memory_order_release);
}

void BeginForkOfLoader() {
  thread_forks = true;
  state.fetch_add(kFork, std::memory_order_acq_rel);
  AwaitClear(kFork - 1, MonotonicNanos());
}

void EndForkOfLoaderInParent() {
  state.fetch_sub(kFork, std::memory_order_release);
  thread_forks = false;
}

// The forking thread may itself be in the loader, interrupted by a signal handler that forks.
void EndForkOfLoaderInChild() {
  state.store(calls_of_thread == 0 ? 0 : 1, std::memory_order_release);
  thread_forks = false;
}

}  // namespace pprof::sys
