// The overhead of a CPU recording, and the duration of its handler. Prints "name value" lines.
//
//   pprof_thread_overhead_bench work HZ PAIRS | handler SECONDS
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "pprof/recording.h"
#include "tests/bench/threads/bench_support.h"
#include "tests/bench/threads/forged_tick.h"

namespace pprof::bench {
namespace {

// Rounds done in a slice of the whole process's CPU time, which includes that of the profiler's own
// threads.
double WorkIn(double cpu_seconds) {
  const double end = ProcessCpu() + cpu_seconds;
  double rounds = 0;
  for (; ProcessCpu() < end; ++rounds) Spin();
  return rounds;
}

double WorkWith(int hz, double cpu_seconds) {
  auto recording = Recording::Start("profile", hz).value();
  const double rounds = WorkIn(cpu_seconds);
  static_cast<void>(std::move(recording).Stop());
  return rounds;
}

// Pairs of slices, in both orders equally often; the machine's speed changes more slowly.
void BenchWork(int hz, int pairs) {
  constexpr double kSlice = 0.1;
  std::vector<double> ratios, control;
  double with_sum = 0, without_sum = 0;
  for (int i = 0; i < pairs; ++i) {
    const double before = WorkIn(kSlice);
    const double first = i % 2 == 0 ? WorkIn(kSlice) : WorkWith(hz, kSlice);
    const double second = i % 2 == 0 ? WorkWith(hz, kSlice) : WorkIn(kSlice);
    const double with = i % 2 == 0 ? second : first, without = i % 2 == 0 ? first : second;
    ratios.push_back(with / without);
    control.push_back(before / without);
    with_sum += with;
    without_sum += without;
  }
  std::printf("overhead_percent %.3f\noverhead_mean_percent %.3f\ncontrol_percent %.3f\npairs %d\n",
              100 * (1 - Median(ratios)), 100 * (1 - with_sum / without_sum),
              100 * (1 - Median(control)), pairs);
}

// --- the handler ---

constexpr size_t kMaxTicks = 100000;
double tick_nanos[kMaxTicks];
std::atomic<size_t> ticks{0};

void Measured(int, siginfo_t*, void* ucontext) {
  const double begin = Now();
  TickForger::Tick(ucontext);
  const double end = Now();
  const size_t at = ticks.fetch_add(1);
  if (at < kMaxTicks) tick_nanos[at] = (end - begin) * 1e9;
}

__attribute__((noinline)) void BurnAtDepth(int depth, double seconds) {
  if (depth > 0) {
    BurnAtDepth(depth - 1, seconds);
  } else {
    for (const double end = ThreadCpu() + seconds; ThreadCpu() < end;) Spin();
  }
  __asm__ volatile("");
}

void BenchHandler(double seconds) {
  auto recording = Recording::Start("profile", 1000).value();
  if (!TickForger::Learn()) std::abort();
  TickForger::Replace(Measured);
  BurnAtDepth(13, seconds);  // 20 frames with Spin, BenchHandler, main and its two callers
  TickForger::Restore();
  const Snapshot snapshot = std::move(recording).Stop().value();
  const std::vector<double> nanos(tick_nanos, tick_nanos + std::min(ticks.load(), kMaxTicks));
  std::printf("ticks %zu\nhandler_median_us %.2f\nhandler_p99_us %.2f\nhandler_lost %lu\n",
              nanos.size(), Median(nanos) / 1e3, Quantile(nanos, 0.99) / 1e3,
              static_cast<unsigned long>(snapshot.lost_samples()));
}

}  // namespace
}  // namespace pprof::bench

int main(int argc, char** argv) {
  using namespace pprof::bench;
  if (argc == 4 && std::strcmp(argv[1], "work") == 0) {
    BenchWork(std::atoi(argv[2]), std::atoi(argv[3]));
  } else if (argc == 3) {
    BenchHandler(std::atof(argv[2]));
  } else {
    return 2;
  }
}
