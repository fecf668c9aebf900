// The cost of locks with the hooks, compared with the same program without pprof-cpp.
//
//   pprof_lock_bench [ROUNDS [CASE]]   prints a Markdown table; runs itself and
//   pprof_lock_bench_plain pprof_lock_bench --measure NAME    one measurement, in nanoseconds
//
// Each round measures all variants in changing order; a ratio is the median of the ratios within
// rounds, so that changes between rounds cancel out. The plain program runs twice per round: ratios
// are relative to the mean of both, and show how much of them is noise.
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kPairs = 2'000'000;

uint64_t NowNanos(clockid_t clock = CLOCK_MONOTONIC) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec);
}

// Nanoseconds of one lock and unlock; the best of ten runs, undisturbed by the scheduler.
template <class Pair>
double NanosOfPair(Pair pair) {
  uint64_t best = UINT64_MAX;
  for (int run = 0; run < 10; ++run) {
    const uint64_t begin = NowNanos();
    for (int i = 0; i < kPairs / 10; ++i) pair();
    best = std::min(best, NowNanos() - begin);
  }
  return static_cast<double>(best) / (kPairs / 10);
}

template <class Mutex>
double Exclusive() {
  static Mutex mutex;
  return NanosOfPair([] {
    mutex.lock();
    mutex.unlock();
  });
}

double Shared() {
  static std::shared_mutex mutex;
  return NanosOfPair([] {
    mutex.lock_shared();
    mutex.unlock_shared();
  });
}

void Spin(int turns) {
  for (int i = 0; i < turns; ++i) __asm__ volatile("pause");
}

// Four threads, a lock held for `hold` turns; CPU nanoseconds per turn: on a busy machine the wall
// clock would measure other programs, too.
double Contended(int hold) {
  std::mutex mutex;
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> turns{0};
  std::vector<std::thread> threads;
  const uint64_t begin = NowNanos();
  const uint64_t cpu_begin = NowNanos(CLOCK_PROCESS_CPUTIME_ID);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      uint64_t own = 0;
      for (; !stop.load(std::memory_order_relaxed); ++own) {
        mutex.lock();
        Spin(hold);
        mutex.unlock();
        Spin(hold);
      }
      turns += own;
    });
  }
  while (NowNanos() - begin < 300'000'000) usleep(10'000);
  stop = true;
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(NowNanos(CLOCK_PROCESS_CPUTIME_ID) - cpu_begin) /
         static_cast<double>(turns.load());
}

struct Case {
  const char* name;
  double (*measure)();
};
const Case kCases[] = {
    {"std::mutex", Exclusive<std::mutex>},
    {"std::recursive_mutex", Exclusive<std::recursive_mutex>},
    {"std::shared_mutex, shared", Shared},
    {"std::shared_mutex, exclusive", Exclusive<std::shared_mutex>},
    {"std::mutex, the only thread", Exclusive<std::mutex>},
    {"4 threads, short holds", [] { return Contended(20); }},
    {"4 threads, long holds", [] { return Contended(2000); }},
};

// Variants of the program; the first two are the baseline of the others.
struct Variant {
  const char* name;
  const char* suffix;  // of the executable
  const char* environment;
};
const Variant kVariants[] = {
    {"plain", "_plain", ""},
    {"plain again", "_plain", ""},
    {"off", "", ""},
    {"on", "", "PPROF_CPP_BLOCK_RATE=10us PPROF_CPP_MUTEX_FRACTION=100"},
    {"on, all kept", "", "PPROF_CPP_BLOCK_RATE=1ns PPROF_CPP_MUTEX_FRACTION=1"},
};
constexpr size_t kVariantCount = std::size(kVariants);

double RunVariant(const std::string& self, const Variant& variant, const Case& one) {
  const std::string command = std::string("env ") + variant.environment + " '" + self +
                              variant.suffix + "' --measure '" + one.name + "'";
  FILE* pipe = popen(command.c_str(), "r");
  double nanos = 0;
  if (pipe == nullptr || std::fscanf(pipe, "%lf", &nanos) != 1) {
    std::fprintf(stderr, "cannot run %s\n", command.c_str());
    std::exit(1);
  }
  pclose(pipe);
  return nanos;
}

double Median(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers[numbers.size() / 2];
}

void PrintRow(const std::string& self, const Case& one, int rounds) {
  std::vector<double> nanos[kVariantCount];
  std::vector<double> ratios[kVariantCount];
  for (int round = 0; round < rounds; ++round) {
    double measured[kVariantCount];
    for (size_t i = 0; i < kVariantCount; ++i) {
      const size_t variant = (i + static_cast<size_t>(round)) % kVariantCount;
      measured[variant] = RunVariant(self, kVariants[variant], one);
    }
    for (size_t i = 0; i < kVariantCount; ++i) {
      nanos[i].push_back(measured[i]);
      ratios[i].push_back(measured[i] / ((measured[0] + measured[1]) / 2));
    }
  }
  std::printf("| %s | %.1f ns |", one.name, Median(nanos[0]));
  for (size_t i = 1; i < kVariantCount; ++i) std::printf(" %.3f |", Median(ratios[i]));
  std::printf("\n");
  std::fflush(stdout);
}

// Only the cases with `filter` in their name.
int PrintTable(const std::string& self, int rounds, const char* filter) {
  std::printf(
      "Time of a lock and unlock (contended: CPU time of a turn), as a ratio to the same program "
      "without pprof-cpp\n");
  std::printf("(medians of %d paired rounds; \"on\": rate=10us, fraction=100):\n\n|", rounds);
  std::printf(" |");
  for (const Variant& variant : kVariants) std::printf(" %s |", variant.name);
  std::printf("\n|---|");
  for (size_t i = 0; i < kVariantCount; ++i) std::printf("--:|");
  std::printf("\n");
  for (const Case& one : kCases) {
    if (std::strstr(one.name, filter) != nullptr) PrintRow(self, one, rounds);
  }
  return 0;
}

// A second thread, except for "the only thread", where glibc locks without atomic operations.
int Measure(const char* name) {
  if (std::strstr(name, "the only thread") == nullptr) std::thread([] { pause(); }).detach();
  for (const Case& one : kCases) {
    if (std::strcmp(one.name, name) == 0) return std::printf("%.4f\n", one.measure()) < 0;
  }
  std::fprintf(stderr, "no measurement named %s\n", name);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "--measure") == 0) return Measure(argv[2]);
  return PrintTable(argv[0], argc > 1 ? std::max(std::atoi(argv[1]), 1) : 11,
                    argc > 2 ? argv[2] : "");
}
