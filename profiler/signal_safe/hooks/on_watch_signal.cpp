#include "profiler/signal_safe/hooks/on_watch_signal.h"

namespace pprof::signal_safe {

std::atomic<bool> capture_asked{false};

void OnWatchSignal(int, void*, void*) { capture_asked.store(true, std::memory_order_relaxed); }

}  // namespace pprof::signal_safe
