#include "profiler/signal_safe/thread_state.h"

#include "profiler/sys/thread/this_thread.h"

namespace pprof::signal_safe {

__thread ThreadState thread_state;

int32_t OwnThreadId() {
  int32_t& tid = thread_state.tid;
  if (__builtin_expect(tid == 0, 0)) tid = sys::ThreadId();
  return tid;
}

}  // namespace pprof::signal_safe
