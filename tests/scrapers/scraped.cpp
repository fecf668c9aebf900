// A server of known truth under load: for scrapers_test.py. Prints its port, then answers each line
// on stdin with "CPU_SECONDS ALLOCATED_BYTES".
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "pprof/http.h"
#include "pprof/pprof.h"

namespace {

std::atomic<uint64_t> allocated{0};
thread_local void* volatile kept;  // so that no compiler leaves out the pair
std::mutex contended;

__attribute__((noinline)) void AllocateAndFree() {
  constexpr size_t kBytes = size_t{32} << 10;
  kept = malloc(kBytes);
  free(kept);
  allocated += kBytes;
}

__attribute__((noinline)) void Compute() {
  for (volatile int i = 0; i < 200000; i = i + 1) {
  }
}

void Work() {
  while (true) {
    for (int i = 0; i < 20; ++i) AllocateAndFree();
    Compute();
    {
      const std::lock_guard<std::mutex> lock(contended);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
}

double CpuSeconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

}  // namespace

int main() {
  pprof::Sampling sampling;
  sampling.heap_interval = size_t{16} << 10;
  sampling.block_interval = std::chrono::microseconds(10);
  sampling.mutex_fraction = 1;
  pprof::http::Options options;
  options.address = "127.0.0.1:0";
  auto server = pprof::http::Server::Start(options);
  if (!server.ok() || !pprof::SetSampling(sampling).ok()) return 1;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(Work);
  std::printf("%d\n", server.value().port());
  std::fflush(stdout);
  char line[16];
  while (std::fgets(line, sizeof line, stdin) != nullptr) {
    std::printf("%.6f %llu\n", CpuSeconds(), static_cast<unsigned long long>(allocated));
    std::fflush(stdout);
  }
  std::_Exit(0);
}
