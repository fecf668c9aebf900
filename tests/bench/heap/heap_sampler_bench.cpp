// The cost of one sample, and of reading all of them. Prints "NAME VALUE" lines.
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "pprof/pprof.h"
#include "profiler/profiles/heap/heap_read.h"
#include "profiler/signal_safe/heap/heap_sampler.h"
#include "profiler/signal_safe/thread_state.h"
#include "profiler/sys/time/clock.h"
#include "tests/bench/heap/thread_clock.h"
#include "tests/bench/heap/workloads.h"

namespace pprof::bench {
namespace {

using Clock = std::chrono::steady_clock;

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

double MillisSince(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

void SetInterval(size_t interval) {
  Sampling sampling = GetSampling();
  sampling.heap_interval = interval;
  if (!SetSampling(sampling).ok()) std::abort();
  signal_safe::thread_state.bytes_left = 0;  // reads the settings at once, not after 256 KiB
  signal_safe::thread_state.sample_at_zero = false;
}

__attribute__((noinline)) int AtDepth(int depth, int64_t count) {
  if (depth == 0) {
    for (int64_t i = 0; i < count; ++i) {
      void* block = malloc(200);
      Use(block);
      free(block);
    }
    return 0;
  }
  const int below = AtDepth(depth - 1, count);
  asm volatile("");
  return below + 1;
}

// main and its callers are three frames.
double NanosPerPair(int depth, size_t interval) {
  constexpr int64_t kCount = 20000;
  SetInterval(interval);
  AtDepth(depth - 4, 100);
  std::vector<double> nanos;
  for (int slice = 0; slice < 51; ++slice) {
    const double begin = ThreadNanos();
    AtDepth(depth - 4, kCount);
    nanos.push_back((ThreadNanos() - begin) / kCount);
  }
  return Median(nanos);
}

void BenchOneSample() {
  for (const int depth : {10, 20, 35, 55}) {
    const double sampled = NanosPerPair(depth, 1);
    const double plain = NanosPerPair(depth, 0);
    std::printf("sample_ns_at_%d_frames %.0f\n", depth, sampled - plain);
  }
}

// One of 2^11 stacks.
__attribute__((noinline)) void* AllocateOn(unsigned stack, int bits);
__attribute__((noinline)) void* Left(unsigned stack, int bits) {
  void* block = AllocateOn(stack, bits);
  asm volatile("");
  return block;
}
__attribute__((noinline)) void* Right(unsigned stack, int bits) {
  void* block = AllocateOn(stack, bits);
  asm volatile("" : : "r"(stack));
  return block;
}
void* AllocateOn(unsigned stack, int bits) {
  if (bits == 0) return malloc(64);
  void* block = stack & 1 ? Left(stack >> 1, bits - 1) : Right(stack >> 1, bits - 1);
  asm volatile("");
  return block;
}

// Pairs per second of another thread while `work` runs repeatedly here, in one slice.
class AllocatingThread {
 public:
  AllocatingThread() : thread_([this] { Run(); }) {}
  ~AllocatingThread() {
    stop_ = true;
    thread_.join();
  }
  int64_t pairs() const { return pairs_.load(std::memory_order_relaxed); }

 private:
  void Run() {
    while (!stop_.load(std::memory_order_relaxed)) {
      Pairs<Malloc>(1000);
      pairs_.fetch_add(1000, std::memory_order_relaxed);
    }
  }
  std::atomic<bool> stop_{false};
  std::atomic<int64_t> pairs_{0};
  std::thread thread_;
};

template <class Work>
double PairsPerMilli(const AllocatingThread& thread, Work work) {
  const auto begin = Clock::now();
  const int64_t before = thread.pairs();
  while (MillisSince(begin) < 20) work();
  return static_cast<double>(thread.pairs() - before) / MillisSince(begin);
}

void BenchSnapshot() {
  SetInterval(1);
  std::vector<void*> blocks(100000);
  for (size_t i = 0; i < blocks.size(); ++i) {
    blocks[i] = AllocateOn(static_cast<unsigned>(i % 2000), 11);
  }
  const uint64_t before = signal_safe::heap_sampler.samples;
  const auto stacks = profiles::ReadHeap().Uses();
  const uint64_t allocations = signal_safe::heap_sampler.samples - before;  // interval 1: all
  SetInterval(512 * 1024);
  std::vector<double> heap, peak;
  for (int i = 0; i < 101; ++i) {
    double begin = ThreadNanos();
    Use(profiles::ReadHeap().Uses().data());
    heap.push_back((ThreadNanos() - begin) / 1e6);
    begin = ThreadNanos();
    Use(profiles::ReadPeak().Uses().data());
    peak.push_back((ThreadNanos() - begin) / 1e6);
  }
  std::vector<double> collect, old;
  for (int i = 0; i < 11; ++i) {
    double begin = ThreadNanos();
    const auto snapshot = Collect("heap");
    collect.push_back((ThreadNanos() - begin) / 1e6);
    begin = ThreadNanos();
    Use(profiles::ReadOld(0, sys::CoarseMonotonicMillis()).Uses().data());
    old.push_back((ThreadNanos() - begin) / 1e6);
  }
  std::printf("snapshot_stacks %zu\nsnapshot_live_samples %zu\n", stacks.size(), blocks.size());
  std::printf("snapshot_allocations %llu\n", static_cast<unsigned long long>(allocations));
  std::printf("snapshot_ms %.3f\npeak_snapshot_ms %.3f\nmin_age_ms %.3f\ncollect_ms %.3f\n",
              Median(heap), Median(peak), Median(old), Median(collect));
  std::vector<double> ratios;
  {
    const AllocatingThread thread;
    for (int slice = 0; slice < 41; ++slice) {
      volatile uint64_t spin = 0;
      const double alone = PairsPerMilli(thread, [&spin] {
        for (int i = 0; i < 1000; ++i) spin = spin + 1;
      });
      const double beside = PairsPerMilli(thread, [] { Use(profiles::ReadHeap().Uses().data()); });
      ratios.push_back(beside / alone);
    }
  }
  std::printf("allocation_rate_beside_snapshots %.3f\n", Median(ratios));
  for (void* block : blocks) free(block);
}

}  // namespace
}  // namespace pprof::bench

int main() {
  pprof::bench::BenchOneSample();
  pprof::bench::BenchSnapshot();
  return 0;
}
