// The cost of a thread in microseconds. Built twice: without and with the profiler.
#include <pthread.h>

#include <cstdio>
#include <cstdlib>

#include "tests/bench/threads/bench_support.h"

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 4000;
  const double millis = pprof::bench::MillisOf([threads] {
    for (int i = 0; i < threads; ++i) {
      pthread_t thread;
      if (pthread_create(
              &thread, nullptr, [](void*) -> void* { return nullptr; }, nullptr) != 0) {
        std::abort();
      }
      pthread_join(thread, nullptr);
    }
  });
  std::printf("create_us %.3f\n", millis * 1e3 / threads);
}
