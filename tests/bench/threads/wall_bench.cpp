// The cost of a wall-clock recording in a program with many idle threads. Prints "name value"
// lines.
//
//   pprof_thread_wall_bench IDLE_THREADS HZ PAIRS
//
// The idle threads wait in poll(2), which returns EINTR at every signal.
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "pprof/recording.h"
#include "tests/bench/threads/bench_support.h"

namespace pprof::bench {
namespace {

int gate[2];
std::atomic<int> idle{0};
std::atomic<int> interrupted{0};

void* WaitInPoll(void*) {
  ++idle;
  pollfd end{gate[0], POLLIN, 0};
  while (poll(&end, 1, -1) < 0) interrupted += errno == EINTR;
  return nullptr;
}

std::vector<pthread_t> StartIdle(int count) {
  std::vector<pthread_t> threads(static_cast<size_t>(count));
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 * 1024);
  for (pthread_t& thread : threads) {
    if (pthread_create(&thread, &attributes, WaitInPoll, nullptr) != 0) std::abort();
  }
  while (idle < count) std::this_thread::yield();
  return threads;
}

constexpr std::chrono::seconds kSlice{2};
constexpr int kBusyThreads = 2;

// Rounds per second of the busy threads.
double Throughput() {
  std::atomic<bool> stop{false};
  std::atomic<long> rounds{0};
  std::vector<std::thread> busy;
  for (int i = 0; i < kBusyThreads; ++i) {
    busy.emplace_back([&] {
      long own = 0;
      for (; !stop; ++own) Spin();
      rounds += own;
    });
  }
  const double begin = Now();
  std::this_thread::sleep_for(kSlice);
  stop = true;
  for (std::thread& thread : busy) thread.join();
  return static_cast<double>(rounds.load()) / (Now() - begin);
}

double ThroughputWith(int hz) {
  auto recording = Recording::Start("wall", hz).value();
  const double throughput = Throughput();
  static_cast<void>(std::move(recording).Stop());
  return throughput;
}

double CoresWhileIdle(int hz) {
  auto recording = Recording::Start("wall", hz).value();
  const double begin = Now(), cpu = ProcessCpu();
  std::this_thread::sleep_for(10 * std::chrono::seconds(1));
  const double cores = (ProcessCpu() - cpu) / (Now() - begin);
  static_cast<void>(std::move(recording).Stop());
  return cores;
}

void Bench(int count, int hz, int pairs) {
  if (pipe(gate) != 0) std::abort();
  const std::vector<pthread_t> threads = StartIdle(count);
  const double cores = CoresWhileIdle(hz);
  std::vector<double> ratios;
  for (int i = 0; i < pairs; ++i) {
    const double first = i % 2 == 0 ? Throughput() : ThroughputWith(hz);
    const double second = i % 2 == 0 ? ThroughputWith(hz) : Throughput();
    ratios.push_back(i % 2 == 0 ? second / first : first / second);
  }
  const int eintr = interrupted;
  close(gate[1]);
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
  std::printf("cores %.4f\nthroughput %.4f\neintr %d\npairs %d\n", cores, Median(ratios), eintr,
              pairs);
}

}  // namespace
}  // namespace pprof::bench

int main(int argc, char** argv) {
  if (argc != 4 || std::atoi(argv[3]) < 1) return 2;
  pprof::bench::Bench(std::atoi(argv[1]), std::atoi(argv[2]), std::atoi(argv[3]));
}
