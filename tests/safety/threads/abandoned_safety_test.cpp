// Recordings that many threads start and drop must leave nothing behind.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <thread>
#include <vector>

#include "pprof/recording.h"
#include "tests/process_resources.h"

namespace pprof {
namespace {

using testing::Entries;
using testing::PosixTimers;
using testing::ResidentKiB;

// Starts and drops `rounds` recordings in each of `clients` threads.
void Abandon(int clients, int rounds) {
  std::vector<std::thread> threads;
  for (int client = 0; client < clients; ++client) {
    threads.emplace_back([rounds, client] {
      for (int i = 0; i < rounds; ++i) {
        const auto recording = Recording::Start((client + i) % 2 == 0 ? "profile" : "wall", 100);
        if (!recording.ok()) std::abort();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Abandoned, AThousandRecordingsLeaveNothing) {
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop) {
    }
  });
  Abandon(4, 25);
  const size_t descriptors = Entries("/proc/self/fd");
  constexpr size_t kOwn = 2;  // this one and the busy one
  ASSERT_TRUE(testing::SettlesAtThreads(kOwn));
  const size_t resident = ResidentKiB();
  Abandon(4, 250);
  EXPECT_EQ(Entries("/proc/self/fd"), descriptors);
  EXPECT_TRUE(testing::SettlesAtThreads(kOwn));
  EXPECT_EQ(PosixTimers(), 0u);
  EXPECT_LT(ResidentKiB(), resident + 8 * 1024);
  struct sigaction action {};
  sigaction(SIGPROF, nullptr, &action);
  EXPECT_EQ(action.sa_handler, SIG_DFL);
  stop = true;
  busy.join();
}

}  // namespace
}  // namespace pprof
