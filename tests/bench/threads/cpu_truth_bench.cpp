// How much of the threads' true CPU time a profiler reports, and whether two functions that run 2:1
// get their shares. Built once per profiler; see cpu_sampler.h.
//
//   pprof_cpu_truth_OURS busy|ticking|bursty THREADS HZ SECONDS     prints "name value" lines
//
// busy: turns of a millisecond; ticking: turns about as long as a tick of the kernel; bursty: with
// pauses.
#include <sys/resource.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/threads/bench_support.h"
#include "tests/bench/threads/cpu_sampler.h"

namespace pprof::bench {
namespace {

// Without a call, so that the leaf is in this function for profilers that only record leaves.
#define BURN(iterations) \
  for (long i = 0; i < (iterations); ++i) __asm__ volatile("" : : "r"(i))
__attribute__((noinline, section("hog1"))) void Hog1(long iterations) { BURN(iterations); }
__attribute__((noinline, section("hog2"))) void Hog2(long iterations) { BURN(iterations); }

struct Truth {
  std::atomic<double> hog1{0}, hog2{0};
};

void Turn(long iterations, Truth& truth) {
  const double begin = ThreadCpu();
  Hog1(2 * iterations);
  const double middle = ThreadCpu();
  Hog2(iterations);
  const double end = ThreadCpu();
  truth.hog1.store(truth.hog1.load() + middle - begin);
  truth.hog2.store(truth.hog2.load() + end - middle);
}

double UserAndSystem() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Turns of equal length would be in phase with the kernel's tick, which all profilers sample by.
struct Varied {
  uint64_t state;
  long operator()(long about) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return about / 2 + static_cast<long>((state >> 33) % static_cast<uint64_t>(about));
  }
};

// Bursts of 0.7 ms or a little more, with pauses: shorter than a sampling interval.
void Work(const std::string& mode, int number, const std::atomic<bool>& stop, Truth& truth) {
  const long about_a_milli = 1000000;
  const long turn = mode == "ticking" ? 4 * about_a_milli : about_a_milli;
  Varied varied{static_cast<uint64_t>(number) + 1};
  while (!stop) {
    if (mode != "bursty") {
      Turn(varied(turn), truth);
      continue;
    }
    Turn(varied(about_a_milli / 2 + number * about_a_milli / 16), truth);
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + number));
  }
}

double Sum(const std::vector<Truth>& truths, std::atomic<double> Truth::*which) {
  double sum = 0;
  for (const Truth& truth : truths) sum += (truth.*which).load();
  return sum;
}

void Bench(const std::string& mode, int threads, int hz, double seconds) {
  std::atomic<bool> stop{false};
  std::vector<Truth> truths(static_cast<size_t>(threads));
  std::vector<std::thread> busy;
  for (int i = 0; i < threads; ++i) {
    busy.emplace_back([&, i] { Work(mode, i, stop, truths[static_cast<size_t>(i)]); });
  }
  // Among 64 busy threads it would otherwise wait between reading the clock and starting.
  setpriority(PRIO_PROCESS, 0, -20);
  const double used_begin = UserAndSystem();
  const double hog1_begin = Sum(truths, &Truth::hog1), hog2_begin = Sum(truths, &Truth::hog2);
  StartSampling(hz);
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const Sampled sampled = StopSampling();
  const double used = UserAndSystem() - used_begin;
  const double hog1 = Sum(truths, &Truth::hog1) - hog1_begin;
  const double hog2 = Sum(truths, &Truth::hog2) - hog2_begin;
  stop = true;
  for (std::thread& thread : busy) thread.join();
  std::printf("used %.3f\nrecorded %.3f\nlost %lu\nhog1_true %.4f\nhog1 %.4f\n", used,
              sampled.cpu_seconds, sampled.lost, hog1 / (hog1 + hog2),
              sampled.hog1 / (sampled.hog1 + sampled.hog2));
}

}  // namespace
}  // namespace pprof::bench

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  pprof::bench::Bench(argv[1], std::atoi(argv[2]), std::atoi(argv[3]), std::atof(argv[4]));
}
