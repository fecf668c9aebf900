#include "endpoints/symbol_warmer.h"

#include <functional>
#include <utility>

#include "pprof/own_threads.h"
#include "pprof/pprof.h"

namespace pprof::http {
namespace {

// A time limit of zero leaves unknown symbols to the background thread. If the heap profile is not
// supported, there is nothing to symbolize.
void WarmOnce(std::function<bool()> cancelled) {
  const Result<Snapshot> heap = Collect("heap");
  if (!heap.ok()) return;
  SymbolOptions options;
  options.within = std::chrono::nanoseconds(0);
  options.cancelled = std::move(cancelled);
  heap.value().Symbolize(options);
}

}  // namespace

SymbolWarmer::~SymbolWarmer() {
  {
    const sys::MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyOne();
}

bool SymbolWarmer::Stopping() {
  const sys::MutexLock lock(mutex_);
  return stopping_;
}

Status SymbolWarmer::Start(std::chrono::milliseconds pause) {
  auto thread = OwnThread::Start("pprof-warm", [this, pause] { Run(pause); });
  if (!thread.ok()) return thread.status();
  thread_.emplace(std::move(thread).value());
  return {};
}

void SymbolWarmer::Run(std::chrono::milliseconds pause) {
  sys::MutexLock lock(mutex_);
  while (!stopping_) {
    lock.Unlock();
    const size_t free_before = FreeAllocatorBytes();
    WarmOnce([this] { return Stopping(); });
    GiveBackMemory(free_before);
    lock.Lock();
    const auto next = std::chrono::steady_clock::now() + pause;
    while (!stopping_ && changed_.WaitUntil(mutex_, next)) {
    }
  }
}

}  // namespace pprof::http
