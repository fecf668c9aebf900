#include "pprof/recording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>

#include "pprof/labels.h"
#include "pprof/resource_profile.h"
#include "tests/unit/threads/child_process.h"
#include "tests/unit/threads/known_work.h"
#include "tests/unit/threads/parked_thread.h"
#include "tests/unit/threads/profile_shares.h"

namespace pprof::testing {
namespace {

using ::testing::HasSubstr;

TEST(Recording, SaysWhatIsWrong) {
  const auto unknown = Recording::Start("nothing");
  EXPECT_EQ(unknown.status().code(), StatusCode::kNotFound);
  const auto collected = Recording::Start("heap");
  EXPECT_EQ(collected.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(collected.status().message(), HasSubstr("use Collect()"));
  for (const char* name : {"profile", "wall"}) {
    for (const int hz : {0, -1, 1001}) {
      const auto refused = Recording::Start(name, hz);
      EXPECT_EQ(refused.status().code(), StatusCode::kInvalidArgument) << name << hz;
      EXPECT_THAT(refused.status().message(), HasSubstr("must be 1 to 1000"));
    }
  }
  EXPECT_FALSE(Collect("profile").ok());
}

TEST(Recording, AnAbandonedOneEnds) {
  { const auto abandoned = Recording::Start("profile", 100); }
  EXPECT_TRUE(Recording::Start("profile", 250).ok());
}

TEST(Recording, KnowsItsDuration) {
  Recording recording = Recording::Start("wall").value();
  usleep(50000);
  std::ostringstream out;
  EXPECT_TRUE(std::move(recording).Stop().value().Symbolize().WriteTo(out).ok());
  EXPECT_FALSE(out.str().empty());
}

__attribute__((noinline)) ResourceProfile::Entry OpenConnection(ResourceProfile& profile) {
  ResourceProfile::Entry entry = profile.Add();
  __asm__ volatile("");
  return entry;
}

TEST(ResourceProfile, HoldsTheStacksOfWhatIsHeld) {
  ResourceProfile profile("test_connections", "Open connections");
  ASSERT_TRUE(profile.status().ok());
  const auto held = [] {
    return SumOf(SamplesOf(Collect("test_connections").value()), "OpenConnection");
  };
  {
    const ScopedLabels labels(LabelSet{{"route", "/a"}});
    ResourceProfile::Entry one = OpenConnection(profile);
    ResourceProfile::Entry two = OpenConnection(profile);
    EXPECT_EQ(held(), 2);
    EXPECT_EQ(FindProfileType("test_connections")->count(), 2);
    EXPECT_EQ(SumOfLabel(SamplesOf(Collect("test_connections").value()), "route", "/a"), 2);
    ResourceProfile::Entry moved = std::move(one);
    EXPECT_EQ(held(), 2);
  }
  EXPECT_EQ(held(), 0);
}

TEST(ResourceProfile, EntriesOutliveTheObjectAndATakenNameIsSaid) {
  ResourceProfile::Entry entry;
  {
    ResourceProfile first("test_twice", "x");
    ResourceProfile second("test_twice", "x");
    EXPECT_TRUE(first.status().ok());
    EXPECT_EQ(second.status().code(), StatusCode::kInvalidArgument);
    entry = second.Add();
    entry = first.Add();
  }
  EXPECT_EQ(Collect("test_twice").value().total(0), 1);
  entry = ResourceProfile::Entry();
  EXPECT_EQ(Collect("test_twice").value().total(0), 0);
}

// Profiles itself like a server's child process; 0: success.
int ProfileOwnself() {
  for (int i = 0; i < 2; ++i) {
    auto cpu = Recording::Start("profile", 250);
    auto wall = Recording::Start("wall", 250);
    if (!cpu.ok() || !wall.ok()) return 1;
    Hog1(80000000);
    std::thread([] { Hog2(60000000); }).join();
    const auto samples = SamplesOf(std::move(cpu).value().Stop().value());
    const int64_t hog1 = SumOf(samples, "Hog1");
    const int64_t hog2 = SumOf(samples, "Hog2");
    if (hog1 < 40000000 || hog2 < 30000000) {
      std::fprintf(stderr, "turn %d: Hog1 %ld of 80000000 ns, Hog2 %ld of 60000000\n", i, hog1,
                   hog2);
      return 2;
    }
    if (!std::move(wall).value().Stop().ok()) return 3;
    if (DumpText().find("ProfileOwnself") == std::string::npos) return 4;
  }
  // This thread, and possibly the profiler's symbolizing thread. The kernel lists a thread for a
  // moment after it was joined; a hang becomes a signal.
  int64_t threads = 0;
  do {
    threads = Collect("threadcreate").value().total(0);
  } while (threads > 2);
  return threads < 1 ? 5 : 0;
}

TEST(Fork, TheChildProfilesItselfWhateverTheParentDid) {
  std::atomic<bool> stop{false};
  HogTruth truth;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back([&] { RunHogs(stop, truth); });
  threads.emplace_back([&] {
    while (!stop) static_cast<void>(Collect("goroutine"));
  });
  const Recording recording = Recording::Start("profile", 1000).value();
  for (int i = 0; i < 5; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(60);  // a hang becomes a signal
      _exit(ProfileOwnself());
    }
    EXPECT_EQ(WaitFor(child), 0);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

TEST(Fork, TheChildMayDropARecordingOfItsParents) {
  auto cpu = std::make_unique<Recording>(Recording::Start("profile").value());
  auto wall = std::make_unique<Recording>(Recording::Start("wall").value());
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    cpu = nullptr;
    wall = nullptr;
    _exit(0);
  }
  EXPECT_EQ(WaitFor(child), 0);
}

}  // namespace
}  // namespace pprof::testing
