// A storm of everything that breaks profilers, sampled at 2 kHz per thread. Built once per sampler;
// run by sections/31_storm.py in a child process, since some of them hang or crash.
//
//   pprof_storm_OURS SECONDS      prints "signals N" and ends with 0; 3: nothing moved for 10 s
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

#include "tests/bench/threads/bench_support.h"
#include "tests/bench/threads/storm_sampler.h"
#include "tests/safety/threads/storm_gusts.h"

namespace pprof::bench {
namespace {

using testing::IterateModules;
using testing::LoadAndUnload;
using testing::Throw;

void Fork() {
  const pid_t child = fork();
  if (child == 0) _exit(7);
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0) {
  }
}

void ChurnThreads() {
  std::thread([] { Spin(); }).join();
}

void Allocate() {
  std::vector<std::string> words;
  for (size_t i = 0; i < 100; ++i) words.emplace_back(i * 7, 'x');
}

// Runs until `stop`, in its own thread.
struct Gust {
  std::function<void()> blow;
  std::atomic<unsigned long> rounds{0};
};

// The watching thread takes no samples: otherwise it would hang with the others.
void BlockSamples() {
  sigset_t samples;
  sigemptyset(&samples);
  sigaddset(&samples, SIGPROF);
  pthread_sigmask(SIG_BLOCK, &samples, nullptr);
}

bool MovedUntil(double end, const std::vector<Gust>& gusts) {
  double last_move = Now();
  unsigned long last_sum = 0;
  while (Now() < end) {
    timespec pause{0, 100000000};
    while (nanosleep(&pause, &pause) != 0) {
    }
    unsigned long sum = 0;
    for (const Gust& gust : gusts) sum += gust.rounds;
    if (sum != last_sum) last_move = Now();
    last_sum = sum;
    // dl_iterate_phdr loops starve dlopen for seconds by themselves: only no progress at all is a
    // hang.
    if (Now() - last_move > 10) return false;
  }
  return true;
}

int Run(double seconds) {
  const std::function<void()> kinds[] = {LoadAndUnload,  LoadAndUnload, Throw,        Throw,
                                         IterateModules, Fork,          ChurnThreads, Allocate};
  std::vector<Gust> gusts(std::size(kinds));
  for (size_t i = 0; i < gusts.size(); ++i) gusts[i].blow = kinds[i];
  StartStormSampling();
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (Gust& gust : gusts) {
    threads.emplace_back([&] {
      const ThreadTimer timer(2000);
      while (!stop) {
        gust.blow();
        ++gust.rounds;
      }
    });
  }
  BlockSamples();
  if (!MovedUntil(Now() + seconds, gusts)) _exit(3);
  stop = true;
  for (std::thread& thread : threads) thread.join();
  std::printf("signals %lu\n", StopStormSampling());
  return 0;
}

}  // namespace
}  // namespace pprof::bench

int main(int argc, char** argv) { return argc == 2 ? pprof::bench::Run(std::atof(argv[1])) : 2; }
