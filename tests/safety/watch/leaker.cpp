// Leaks at a given rate until it is killed. For the tests of captures.
//
//   leaker MIB_PER_SECOND [MIB_AT_MOST [MIB_AT_ONCE]]     PPROF_CPP_WATCH says where captures go
//
// At MIB_AT_MOST it stays, and does what lines on stdin say: "quit", "lock" (a thread waits for a
// mutex for ever), "rwlock" (a thread waits for readers), "deadlock" (two threads wait for each
// other), "threads" (60 more), "spin" (a busy one), "fork" (a child that takes captures of its own
// and waits for its end), "kills" (50 children that take captures, each of which is killed at some
// moment).
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "pprof/http.h"
#include "pprof/watch.h"

namespace {

constexpr size_t kMib = size_t{1} << 20;
constexpr size_t kBlock = size_t{64} << 10;

std::vector<void*> leaked;

__attribute__((noinline)) void LeakOneBlock() {
  void* block = std::malloc(kBlock);
  if (block == nullptr) return;  // RLIMIT_AS
  std::memset(block, 1, kBlock);
  leaked.push_back(block);
}

// In steps of a millisecond, as fast as the clock says.
void LeakAt(double bytes_per_second, size_t most) {
  const auto start = std::chrono::steady_clock::now();
  const size_t before = leaked.size() * kBlock;
  while (leaked.size() * kBlock < most) {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    const double due = std::min(static_cast<double>(most),
                                static_cast<double>(before) + passed.count() * bytes_per_second);
    for (size_t i = 0; static_cast<double>(leaked.size() * kBlock) < due && i < 1024; ++i) {
      LeakOneBlock();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

std::mutex first_lock;
std::mutex second_lock;
std::shared_mutex shared_lock;

void Detached(const std::function<void()>& body) { std::thread(body).detach(); }

void Idle() {
  while (true) pause();
}

// Never returns: `inner` is held by a thread that waits for this one, or that holds it for ever.
void HoldAndWait(std::mutex& outer, std::mutex& inner) {
  const std::lock_guard<std::mutex> held(outer);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const std::lock_guard<std::mutex> never(inner);
}

void MakeThreads() {
  for (int i = 0; i < 60; ++i) Detached(Idle);
}

void Spin() {
  for (volatile uint64_t i = 0;; i = i + 1) {
  }
}

std::string WatchLine() {
  const char* line = std::getenv("PPROF_CPP_WATCH");
  return line == nullptr ? "" : line;
}

// The child has no watch, and can start its own in the same folder.
void Fork(const std::string& watch) {
  if (fork() != 0) return;
  const bool has_none = !pprof::Watch::Capture("parents").ok();
  auto own = pprof::Watch::Start(pprof::WatchOptions::Parse(watch).value());
  const bool captured = own.ok() && pprof::Watch::Capture("childs").ok();
  std::puts(has_none && captured ? "child ok" : "child failed");
  std::fflush(stdout);
  Idle();
}

void KillFifty(const std::string& watch) {
  static std::mt19937 random(std::random_device{}());
  const auto options = pprof::WatchOptions::Parse(watch);
  const auto begin = std::chrono::steady_clock::now();
  if (!pprof::Watch::Capture("timed").ok()) return;
  const std::chrono::duration<double, std::micro> whole = std::chrono::steady_clock::now() - begin;
  const auto longest = static_cast<unsigned>(2 * whole.count()) + 5000;
  for (int i = 0; i < 50; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      const auto own = pprof::Watch::Start(options.value());
      while (own.ok() && pprof::Watch::Capture("again").ok()) {
      }
      _exit(1);
    }
    usleep(random() % longest);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
  std::puts("killed");
  std::fflush(stdout);
}

const std::map<std::string, std::function<void()>> kActions = {
    {"lock",
     [] {
       first_lock.lock();
       Detached([] { first_lock.lock(); });
     }},
    {"rwlock",
     [] {
       shared_lock.lock_shared();
       Detached([] { shared_lock.lock(); });
     }},
    {"deadlock",
     [] {
       Detached([] { HoldAndWait(first_lock, second_lock); });
       Detached([] { HoldAndWait(second_lock, first_lock); });
     }},
    {"threads", MakeThreads},
    {"spin", [] { Detached(Spin); }},
    {"fork", [] { Fork(WatchLine()); }},
    {"kills", [] { KillFifty(WatchLine()); }}};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  leaked.reserve(size_t{1} << 20);
  auto options = pprof::http::Options::FromEnvironment();
  if (options.ok()) {
    options.value().address = "127.0.0.1:0";
    options.value().dump_burst = 1000;  // a test on a fast machine asks more than 40 times at once
  }
  auto server = options.ok() ? pprof::http::Server::Start(options.value())
                             : pprof::Result<pprof::http::Server>(options.status());
  if (!server.ok()) {
    std::fprintf(stderr, "watch_leaker: %s\n", server.status().message().c_str());
    return 1;
  }
  std::printf("port %d\n", server.value().port());
  std::fflush(stdout);
  if (argc > 3) LeakAt(1e12, std::strtoul(argv[3], nullptr, 10) * kMib);
  const size_t most = argc > 2 ? std::strtoul(argv[2], nullptr, 10) * kMib : SIZE_MAX;
  LeakAt(std::strtod(argv[1], nullptr) * static_cast<double>(kMib), most);
  std::puts("full");
  std::fflush(stdout);
  char line[64];
  while (std::fgets(line, sizeof line, stdin) != nullptr && std::strcmp(line, "quit\n") != 0) {
    line[std::strcspn(line, "\n")] = '\0';
    const auto action = kActions.find(line);
    if (action != kActions.end()) action->second();
  }
  return 0;
}
