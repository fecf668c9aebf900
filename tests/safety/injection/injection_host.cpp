// A server for injection_test.py: threads that wait, one that works, live memory and contention.
// Prints "port N" and serves until its standard input ends.
#include <pprof/http.h>
#include <pprof/pprof.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

std::mutex contended;
std::atomic<bool> stop{false};

void Work() {
  while (!stop) {
    const std::lock_guard<std::mutex> lock(contended);
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(2);
    while (std::chrono::steady_clock::now() < end) {
    }
  }
}

void Contend() {
  while (!stop) {
    { const std::lock_guard<std::mutex> lock(contended); }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace

int main() {
  std::vector<std::unique_ptr<char[]>> live;
  for (int i = 0; i < 200; ++i) live.push_back(std::make_unique<char[]>(size_t{64} << 10));
  std::thread worker(Work);
  std::thread contender(Contend);
  pprof::http::Options options;
  options.address = "127.0.0.1:0";
  options.dumps_per_second = 1e6;
  options.dump_burst = 1e6;
  auto server = pprof::http::Server::Start(options);
  if (!server.ok()) return 3;
  std::printf("port %d\n", server.value().port());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
  }
  stop = true;
  worker.join();
  contender.join();
}
