#include "pprof/recording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <thread>

#include "pprof/labels.h"
#include "pprof/resource_profile.h"
#include "profiler/model/profile.h"
#include "profiler/model/snapshot_access.h"
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
  const uint64_t before = NowNanos();
  Recording recording = Recording::Start("wall").value();
  const uint64_t begin = NowNanos();
  usleep(50000);
  const uint64_t end = NowNanos();
  const Snapshot snapshot = std::move(recording).Stop().value();
  const uint64_t after = NowNanos();
  const int64_t duration = model::SnapshotAccess::ProfileOf(snapshot).duration_nanos;
  EXPECT_GE(duration, static_cast<int64_t>(end - begin));
  EXPECT_LE(duration, static_cast<int64_t>(after - before));
}

__attribute__((noinline)) ResourceProfile::Entry OpenConnection(ResourceProfile& profile) {
  ResourceProfile::Entry entry = profile.Add();
  __asm__ volatile("");
  return entry;
}

TEST(ResourceProfile, HoldsTheStacksOfWhatIsHeld) {
  ResourceProfile profile("test_connections", "Open connections");
  ASSERT_TRUE(profile.status().ok());
  const auto samples = [] {
    std::vector<NamedSample> all = SamplesOf(Collect("test_connections").value());
    for (NamedSample& sample : all) sample.values.pop_back();  // the bytes
    return all;
  };
  const auto held = [&] { return SumOf(samples(), "OpenConnection"); };
  {
    const ScopedLabels labels(LabelSet{{"route", "/a"}});
    ResourceProfile::Entry one = OpenConnection(profile);
    ResourceProfile::Entry two = OpenConnection(profile);
    EXPECT_EQ(held(), 2);
    EXPECT_EQ(FindProfileType("test_connections")->count(), 2);
    EXPECT_EQ(SumOfLabel(samples(), "route", "/a"), 2);
    ResourceProfile::Entry moved = std::move(one);
    EXPECT_EQ(held(), 2);
  }
  EXPECT_EQ(held(), 0);
}

TEST(ResourceProfile, HoldsTheBytesOfWhatIsHeld) {
  ResourceProfile profile("test_buffers", "Buffers");
  const auto totals = [] {
    const Snapshot snapshot = Collect("test_buffers").value();
    return std::pair(snapshot.total(0), snapshot.total(1));
  };
  {
    ResourceProfile::Entry small = profile.Add(100);
    ResourceProfile::Entry large = profile.Add(size_t{5} << 30);
    const ResourceProfile::Entry without_size = profile.Add();
    EXPECT_EQ(totals(), std::pair(int64_t{3}, (int64_t{5} << 30) + 100));
    small = std::move(large);
    large = {};
    EXPECT_EQ(totals(), std::pair(int64_t{2}, int64_t{5} << 30));
  }
  EXPECT_EQ(totals(), std::pair(int64_t{0}, int64_t{0}));
  static_assert(sizeof(ResourceProfile::Entry) == 8, "it is a member of small objects");
  for (const size_t bytes :
       {size_t{1}, size_t{32767}, size_t{32769}, size_t{1234567891}, SIZE_MAX}) {
    const ResourceProfile::Entry one = profile.Add(bytes);
    const auto most = static_cast<double>(std::min(bytes, size_t{1} << 45));
    EXPECT_NEAR(static_cast<double>(totals().second), most, bytes < 32768 ? 0 : most / 10000);
  }
  EXPECT_EQ(totals(), std::pair(int64_t{0}, int64_t{0}));
  EXPECT_EQ(FindProfileType("test_buffers")->shown_first, "test_buffers");
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
    Hog1(100000000);  // 25 looks of a kernel at 250 Hz: it is among them
    std::thread([] { Hog2(100000000); }).join();
    const auto samples = SamplesOf(std::move(cpu).value().Stop().value());
    if (SumOf(samples, "Hog1") == 0 || SumOf(samples, "Hog2") == 0) return 2;
    if (!std::move(wall).value().Stop().ok()) return 3;
    // On a busy machine a dump may see this thread before it waits for the dump: runnable, without
    // a CPU, and with signals blocked, as while it creates a thread. Such a thread has no stack.
    const auto is_named = [] { return DumpText().find("ProfileOwnself") != std::string::npos; };
    if (!WaitUntil(is_named)) return 4;
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
