// A child forked at any moment uses the whole profiler, whatever the parent's other threads were
// doing. Runs each feature alone first, with no call before the fork, so that its one-time
// initialization takes part in the race.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "pprof/http.h"
#include "pprof/labels.h"
#include "pprof/pprof.h"
#include "pprof/resource_profile.h"
#include "tests/unit/threads/child_process.h"

namespace pprof {
namespace {

constexpr unsigned kHangSeconds = 100;  // then a hang becomes a signal
std::atomic<uint64_t> number{0};

void InternLabels() {
  const ScopedLabels labels(LabelSet{{"number", std::to_string(++number)}, {"route", "/"}});
  if (LabelSet::Current().labels().empty()) _exit(3);  // one, if the table is full
}

// Mostly a name that is taken: profiles are never unregistered.
void HoldResource() {
  ResourceProfile held("fork_held_" + std::to_string(++number % 32), "held");
  ResourceProfile::Entry entry = held.Add();
}

void ChangeRates() {
  Sampling sampling = GetSampling();
  sampling.block_interval = std::chrono::microseconds(10);
  sampling.mutex_fraction = 100;
  if (!SetSampling(sampling).ok()) _exit(4);
}

void CollectAll() {
  for (const ProfileType* type : ProfileTypes()) {
    if (type->collect != nullptr && type->name.rfind("fork_held_", 0) != 0) {
      static_cast<void>(Collect(type->name));
    }
  }
}

void AskServer() {
  for (const char* path : {"", "goroutine", "block", "heap", "symbol"}) {
    http::Request request;
    request.method = "GET";
    request.path = std::string("/debug/pprof/") + path;
    request.query = path[0] == 'g' ? "debug=2" : "debug=1";
    const int status = http::Handle(request).status;
    if (status != 200 && status != 503) _exit(5);  // 503: the rate limit of dumps
  }
}

void WantContention() {
  http::Request request;
  request.method = "GET";
  request.path = "/debug/pprof/mutex";
  request.query = "seconds=1&fraction=1";
  const auto asked = std::chrono::steady_clock::now();
  request.cancelled = [asked] {
    return std::chrono::steady_clock::now() - asked > std::chrono::milliseconds(60);
  };
  static_cast<void>(http::Handle(request));
}

using Use = void (*)();
constexpr Use kUses[] = {InternLabels, HoldResource, ChangeRates,
                         CollectAll,   AskServer,    WantContention};

// Forks repeatedly while two threads run `use` in a loop; the children run it once.
void ForkWhile(Use use, int forks) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!stop) use();
    });
  }
  for (int i = 0; i < forks; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(kHangSeconds);
      use();
      _exit(0);
    }
    EXPECT_EQ(testing::WaitFor(child), 0);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

// Each in its own process, where nothing has been initialized.
TEST(ForkSafety, EachFeatureFromItsFirstUse) {
  for (size_t use = 0; use < std::size(kUses); ++use) {
    for (int i = 0; i < 10; ++i) {
      const pid_t fresh = fork();
      if (fresh == 0) {
        ForkWhile(kUses[use], 2);
        _exit(::testing::Test::HasFailure() ? 1 : 0);
      }
      EXPECT_EQ(testing::WaitFor(fresh), 0) << "use " << use;
    }
  }
}

TEST(ForkSafety, EachFeatureInTheMidstOfItsUse) {
  for (const Use use : kUses) ForkWhile(use, 60);
}

TEST(ForkSafety, AChildHasItsOwnRecordingsAndRates) {
  ASSERT_TRUE(SetSampling({}).ok());
  http::Request request;
  request.method = "GET";
  request.path = "/debug/pprof/wall";
  request.query = "seconds=30";
  std::atomic<bool> stop{false};
  request.cancelled = [&] { return stop.load(); };
  std::vector<std::thread> clients;
  for (int i = 0; i < 2; ++i) {
    clients.emplace_back([&] {
      while (!stop && http::Handle(request).status == 503) {
      }
    });
  }
  http::Request probe = request;
  probe.cancelled = [] { return true; };
  while (http::Handle(probe).status != 503) {
  }
  const pid_t child = fork();
  if (child == 0) {
    alarm(kHangSeconds);
    request.query = "seconds=1";
    request.cancelled = nullptr;
    _exit(http::Handle(request).status == 200 ? 0 : 1);
  }
  EXPECT_EQ(testing::WaitFor(child), 0);
  stop = true;
  for (std::thread& client : clients) client.join();
}

}  // namespace
}  // namespace pprof
