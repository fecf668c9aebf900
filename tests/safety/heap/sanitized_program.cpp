// A program that is built with a sanitizer, which the profiler in it is not. Locks, condition
// variables and joins go through the profiler's functions to the sanitizer's.
//
//   sanitized_program [overflow|race]     with a fault that the sanitizer must find
#include <pprof/pprof.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

std::mutex mutex;
std::condition_variable changed;
int ready = 0;
long sum = 0;

void Work(int threads) {
  for (int i = 0; i < 1000; ++i) {
    const std::lock_guard<std::mutex> lock(mutex);
    sum += i;
  }
  std::unique_lock<std::mutex> lock(mutex);
  ++ready;
  changed.notify_all();
  changed.wait(lock, [threads] { return ready == threads; });
}

void Race() {
  long* const shared = new long(0);
  std::thread other([shared] { ++*shared; });
  ++*shared;
  other.join();
  delete shared;
}

char Overflow(size_t size) {
  std::vector<char> bytes(size);
  return *(bytes.data() + size);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string fault = count > 1 ? arguments[1] : "";
  if (fault == "race") Race();
  if (fault == "overflow") return Overflow(static_cast<size_t>(count) * 16);
  constexpr int kThreads = 4;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(Work, kThreads);
  for (std::thread& thread : threads) thread.join();
  for (const char* name : {"goroutine", "heap"}) {
    const auto taken = pprof::Collect(name);
    std::printf("%s: %s\n", name, taken.ok() ? "taken" : taken.status().message().c_str());
  }
  std::printf("sum %ld\n", sum);
}
