#include "profiler/sys/loader_call.h"

#include <atomic>
#include <cstdint>

#include "profiler/sys/monotonic_clock.h"
#include "profiler/sys/yield.h"

namespace pprof::sys {
namespace {

// Threads of ours inside the loader, plus kFork for each fork that waits or runs.
constexpr uint32_t kFork = 1 << 16;
constexpr uint64_t kLongestWaitOfFork = 100000000;  // ns
constexpr uint64_t kLongestWaitForFork = 1000000000;
std::atomic<uint32_t> state{0};
__thread uint32_t calls_of_thread __attribute__((tls_model("initial-exec")));

// Until the bits are all clear, or the time is over.
void AwaitClear(uint32_t bits, uint64_t longest_nanos) {
  const uint64_t begun = MonotonicNanos();
  while ((state.load(std::memory_order_acquire) & bits) != 0 &&
         MonotonicNanos() - begun < longest_nanos) {
    Yield();
  }
}

}  // namespace

LoaderCall::LoaderCall() {
  if (calls_of_thread++ != 0) return;
  // Seen by a fork that begins between the two: it waits for this thread.
  if ((state.fetch_add(1, std::memory_order_acq_rel) & ~(kFork - 1)) == 0) return;
  state.fetch_sub(1, std::memory_order_release);
  AwaitClear(~(kFork - 1), kLongestWaitForFork);
  state.fetch_add(1, std::memory_order_acq_rel);
}

LoaderCall::~LoaderCall() {
  if (--calls_of_thread == 0) state.fetch_sub(1, std::memory_order_release);
}

void BeginForkOfLoader() {
  state.fetch_add(kFork, std::memory_order_acq_rel);
  AwaitClear(kFork - 1, kLongestWaitOfFork);
}

void EndForkOfLoaderInParent() { state.fetch_sub(kFork, std::memory_order_release); }

// The forking thread may be inside itself, in a signal handler.
void EndForkOfLoaderInChild() {
  state.store(calls_of_thread == 0 ? 0 : 1, std::memory_order_release);
}

}  // namespace pprof::sys
