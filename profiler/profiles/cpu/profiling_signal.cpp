#include "profiler/profiles/cpu/profiling_signal.h"

#include "profiler/signal_safe/hooks/on_tick.h"
#include "profiler/sys/thread/thread_signal.h"

namespace pprof::profiles {

Status ProfilingSignal::Take() {
  const int signal = sys::ProfilingSignal();
  const sys::SignalOwner owner = sys::OwnerOfSignal(signal, signal_safe::OnTick);
  if (owner == sys::SignalOwner::kForeign) {
    return {StatusCode::kConflict, "Could not enable CPU profiling: SIGPROF is handled by " +
                                       sys::FileOfHandler(signal) + "; stop that profiler first"};
  }
  if (!sys::InstallHandler(signal, signal_safe::OnTick)) {
    return {StatusCode::kInternal, "Could not enable CPU profiling: sigaction refused SIGPROF"};
  }
  was_ignored_ = owner == sys::SignalOwner::kIgnored;
  return {};
}

void ProfilingSignal::GiveBack() {
  const int signal = sys::ProfilingSignal();
  if (sys::OwnerOfSignal(signal, signal_safe::OnTick) != sys::SignalOwner::kOurs) return;
  sys::ResetSignal(signal, was_ignored_ ? sys::SignalOwner::kIgnored : sys::SignalOwner::kDefault);
}

}  // namespace pprof::profiles
