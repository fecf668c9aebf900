#include <atomic>
#include <cstdio>
#include <optional>

#include "pprof/recording.h"
#include "tests/bench/threads/forged_tick.h"
#include "tests/bench/threads/storm_sampler.h"

namespace pprof::bench {
namespace {
std::optional<Recording> recording;
std::atomic<unsigned long> signals{0};

void OnSignal(int, siginfo_t*, void* ucontext) {
  signals.fetch_add(1, std::memory_order_relaxed);
  TickForger::Tick(ucontext);
}
}  // namespace

void StartStormSampling() {
  recording = Recording::Start("profile", 1000).value();
  if (!TickForger::Learn()) std::abort();
  TickForger::Replace(OnSignal);
}

unsigned long StopStormSampling() {
  TickForger::Restore();
  const Snapshot snapshot = std::move(*recording).Stop().value();
  if (snapshot.sample_count() < 10) std::abort();
  std::printf("stacks %zu\nlost %lu\n", snapshot.sample_count(),
              static_cast<unsigned long>(snapshot.lost_samples()));
  return signals;
}

}  // namespace pprof::bench
