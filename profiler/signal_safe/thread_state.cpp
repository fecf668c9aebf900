#include "profiler/signal_safe/thread_state.h"

namespace pprof::signal_safe {

__thread ThreadState thread_state;

}  // namespace pprof::signal_safe
