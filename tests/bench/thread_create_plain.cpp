// The cost of a thread; the counterpart of `pprof_thread_bench create` without the profiler.
#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

int main() {
  using Clock = std::chrono::steady_clock;
  constexpr int kThreads = 2000;
  std::vector<double> micros;
  for (int round = 0; round < 9; ++round) {
    const auto begin = Clock::now();
    for (int i = 0; i < kThreads; ++i) {
      pthread_t thread;
      pthread_create(&thread, nullptr, [](void*) -> void* { return nullptr; }, nullptr);
      pthread_join(thread, nullptr);
    }
    micros.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count() / kThreads);
  }
  std::sort(micros.begin(), micros.end());
  std::printf("| create and join | %.2f us |\n", micros[micros.size() / 2]);
}
