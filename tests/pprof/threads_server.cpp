// A server with threads in known states: prints its port, ends with its input.
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

#include "pprof/http.h"
#include "pprof/labels.h"

namespace {

std::atomic<bool> stop{false};
std::mutex mutex;
std::condition_variable condition;

__attribute__((noinline)) void BusyWork() {
  for (volatile int i = 0; i < 1000000; i = i + 1) {
  }
  __asm__ volatile("");
}

// Never waits: every dump shows it.
__attribute__((noinline)) void SpinToTheEnd() {
  while (!stop) BusyWork();
}

__attribute__((noinline)) void WaitForTheEnd() {
  std::unique_lock<std::mutex> lock(mutex);
  condition.wait(lock, [] { return stop.load(); });
}

}  // namespace

int main() {
  auto server = pprof::http::Server::Start([] {
    pprof::http::Options options;
    options.address = "127.0.0.1:0";
    return options;
  }());
  if (!server.ok()) {
    std::cerr << server.status().message() << "\n";
    return 1;
  }
  std::vector<std::thread> threads;
  for (const char* route : {"/a", "/b"}) {
    threads.emplace_back([route] {
      const pprof::ScopedLabels labels(pprof::LabelSet{{"route", route}});
      while (!stop) {
        BusyWork();
        usleep(1000);
      }
    });
  }
  threads.emplace_back(SpinToTheEnd);
  for (int i = 0; i < 5; ++i) {
    threads.emplace_back([] {
      pthread_setname_np(pthread_self(), "waiter");
      WaitForTheEnd();
    });
  }
  std::printf("%d\n", server.value().port());
  std::fflush(stdout);
  while (std::cin.get() != EOF) {
  }
  {
    const std::lock_guard<std::mutex> lock(mutex);
    stop = true;
  }
  condition.notify_all();
  for (std::thread& thread : threads) thread.join();
}
