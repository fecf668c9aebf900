// The compiler's unwinder in a signal handler, like in many home-made profilers.
#include <unwind.h>

#include <atomic>
#include <initializer_list>

#include "tests/bench/threads/storm_sampler.h"

namespace pprof::bench {
namespace {
std::atomic<unsigned long> signals{0};

void OnSignal(int, siginfo_t*, void*) {
  int depth = 0;
  _Unwind_Backtrace(
      [](_Unwind_Context* context, void* seen) {
        return _Unwind_GetIP(context) == 0 || ++*static_cast<int*>(seen) >= 128 ? _URC_END_OF_STACK
                                                                                : _URC_NO_REASON;
      },
      &depth);
  signals.fetch_add(1, std::memory_order_relaxed);
}
}  // namespace

void StartStormSampling() {
  struct sigaction action {};
  action.sa_sigaction = OnSignal;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigfillset(&action.sa_mask);
  for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT})
    sigdelset(&action.sa_mask, fault);
  sigaction(SIGPROF, &action, nullptr);
}

unsigned long StopStormSampling() { return signals; }

}  // namespace pprof::bench
