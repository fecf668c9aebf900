#include "profiler/signal_safe/hooks/on_process.h"

#include "profiler/signal_safe/contention/contention_sampler.h"
#include "profiler/signal_safe/heap/heap_sampler.h"
#include "profiler/signal_safe/hooks/on_dump_signal.h"
#include "profiler/signal_safe/hooks/on_thread.h"
#include "profiler/signal_safe/signal_safe.h"
#include "profiler/signal_safe/tables/sample_ring.h"
#include "profiler/signal_safe/tables/unloaded_modules.h"
#include "profiler/signal_safe/unwind/module_gate.h"
#include "profiler/signal_safe/unwind/row_cache.h"
#include "profiler/signal_safe/unwind/unwind.h"
#include "profiler/sys/memory/sandbox.h"
#include "profiler/sys/modules/loader_call.h"
#include "profiler/sys/thread/thread_signal.h"

namespace pprof::signal_safe {

std::atomic<SandboxCallback> on_program_sandbox{nullptr};

// The loader first: SIGPROF may interrupt that wait.
void OnForkBegin() {
  sys::BeginForkOfLoader();
  sys::BlockProfilingSignal();
}

void OnForkParent() {
  sys::EndForkOfLoaderInParent();
  sys::UnblockProfilingSignal();
}

// The tables need no repair: they have no lock, and a slot that another thread had claimed but not
// filled stays claimed: 40 bytes in the child.
void OnForkChild() {
  sys::EndForkOfLoaderInChild();
  heap_peak.OnForkChild();
  ForgetParentsContention();
  OnThreadForked();
  sample_ring.OnForkChild();
  FreeDumpSlots();
  OpenModuleGate();
  unloaded_modules.OnForkChild();
  sys::UnblockProfilingSignal();
}

void OnSandbox(const void* filter) {
  if (!sys::FilterPunishes(filter)) return;
  ThreadStackBounds();
  OwnThreadId();
  sys::in_sandbox.store(true, std::memory_order_relaxed);
  if (SandboxCallback const call = on_program_sandbox.load(std::memory_order_relaxed)) call();
}

void OnUnloadBegin() {
  unloaded_modules.BeforeUnload();
  BeginUnload();
}

// Rows first: a module loaded at the same address must not be unwound with the old rows.
void OnUnloadEnd() {
  ForgetRows();
  unloaded_modules.AfterUnload();
  EndUnload();
}

}  // namespace pprof::signal_safe
