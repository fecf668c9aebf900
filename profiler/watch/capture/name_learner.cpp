#include "profiler/watch/capture/name_learner.h"

#include <algorithm>

#include "pprof/own_threads.h"
#include "pprof/pprof.h"
#include "profiler/model/snapshot_access.h"
#include "profiler/signal_safe/heap/heap_sampler.h"
#include "profiler/sys/modules/loaded_code.h"

namespace pprof::watch {
namespace {

constexpr int64_t kSecond = 1000000000;
constexpr int64_t kFirstPause = 10 * kSecond;
constexpr int64_t kLongestPause = 600 * kSecond;
constexpr double kCalm = 0.5;
constexpr double kTenth = 0.1;
constexpr double kTooNear = 0.88;
constexpr uint64_t kLeastLeft = uint64_t{16} << 20;

}  // namespace

void NameLearner::StartIfDue(const sys::MemoryLevel& level, int64_t now) {
  if (running_.load(std::memory_order_acquire)) return;
  const size_t stacks = signal_safe::heap_sampler.stacks.size();
  if (stacks == stacks_ || level.share() > kTooNear || level.left() < kLeastLeft) return;
  const bool filled = level.share() > kCalm && level.share() > share_ + kTenth;
  if (now < next_ && !filled) return;
  pause_ = std::clamp(2 * pause_, kFirstPause, kLongestPause);
  next_ = now + pause_;
  share_ = level.share();
  stacks_ = stacks;
  thread_.Join();
  running_.store(true, std::memory_order_relaxed);
  thread_ = sys::OwnThread::Start("pprof-names", [this] { Learn(); });
  if (!thread_.running()) running_.store(false, std::memory_order_relaxed);
}

void NameLearner::Learn() {
  constexpr int kNiceSteps = 10;
  sys::LowerOwnPriority(kNiceSteps);
  const size_t free_before = FreeAllocatorBytes();
  const uint64_t unloaded = sys::UnloadedCount();
  if (const auto heap = Collect("heap"); heap.ok()) {
    SymbolOptions options;
    options.cancelled = stopped_;
    const SymbolizedSnapshot symbolized = heap.value().Symbolize(options);
    // Names of a module that was unloaded meanwhile may be those of other code by now.
    if (sys::UnloadedCount() == unloaded) {
      take_(model::SnapshotAccess::ProfileOf(heap.value()),
            model::SnapshotAccess::SymbolsOf(symbolized), unloaded);
    }
  }
  // For the stacks of threads the symbolizer's own cache is enough.
  if (const auto threads = Collect("goroutine"); threads.ok() && !stopped_()) {
    SymbolOptions options;
    options.cancelled = stopped_;
    static_cast<void>(threads.value().Symbolize(options));
  }
  GiveBackMemory(free_before);
  running_.store(false, std::memory_order_release);
}

}  // namespace pprof::watch
