#include "profiler/signal_safe/unwind/module_gate.h"

#include <atomic>

#include "profiler/sys/thread/this_thread.h"

namespace pprof::signal_safe {
namespace {

// Each side announces itself before it looks for the other: sequentially consistent, or both could
// miss each other.
std::atomic<int> walkers;
std::atomic<int> unloaders;

}  // namespace

bool ModulesStay::Enter() {
  walkers.fetch_add(1);
  if (unloaders.load() == 0) return true;
  walkers.fetch_sub(1);
  return false;
}

ModulesStay::~ModulesStay() {
  if (entered_) walkers.fetch_sub(1);
}

void BeginUnload() {
  unloaders.fetch_add(1);
  while (walkers.load() > 0) sys::Yield();
}

void EndUnload() {
  int now = unloaders.load();
  // Not below 0: the unload may have forked, and the child reset the counts.
  while (now > 0 && !unloaders.compare_exchange_weak(now, now - 1)) {
  }
}

void OpenModuleGate() {
  walkers.store(0);
  unloaders.store(0);
}

}  // namespace pprof::signal_safe
