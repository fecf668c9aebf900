#include <gtest/gtest.h>

#include <atomic>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "pprof/pprof.h"
#include "profiler/model/profile.h"
#include "profiler/model/snapshot_access.h"
#include "profiler/sys/time/clock.h"
#include "tests/unit/decoded_profile.h"

namespace pprof {
namespace {

ProfileType Good(std::string name) {
  ProfileType type;
  type.name = std::move(name);
  type.values = {{"things", "count"}};
  type.parameters = {"min_age"};
  type.collect = [](SnapshotBuilder& builder) {
    const uintptr_t pcs[] = {0x1000};
    builder.Add({pcs, 1}, {3});
    if (builder.parameter("min_age") != nullptr) builder.AddComment(*builder.parameter("min_age"));
    return Status();
  };
  return type;
}

TEST(Registry, CollectsARegisteredProfile) {
  ASSERT_TRUE(Register(Good("test.good")).ok());
  ASSERT_NE(FindProfileType("test.good"), nullptr);
  const Result<Snapshot> snapshot = Collect("test.good");
  ASSERT_TRUE(snapshot.ok());
  EXPECT_EQ(snapshot.value().sample_count(), 1U);
  EXPECT_EQ(snapshot.value().total(0), 3);
  EXPECT_EQ(snapshot.value().total(1), 0);
  EXPECT_GT(model::SnapshotAccess::ProfileOf(snapshot.value()).time_nanos,
            1'600'000'000'000'000'000);
}

TEST(Registry, RefusesBadTypes) {
  const auto refused = [](ProfileType type) {
    return Register(std::move(type)).code() == StatusCode::kInvalidArgument;
  };
  for (const char* name : {"", "Heap", "a/b", "a-b", "a b", "..", "caf\xc3\xa9"}) {
    EXPECT_TRUE(refused(Good(name))) << name;
  }
  ASSERT_TRUE(Register(Good("test.taken")).ok());
  EXPECT_TRUE(refused(Good("test.taken")));
  ProfileType neither = Good("test.neither");
  neither.collect = nullptr;
  EXPECT_TRUE(refused(neither));
  ProfileType both = Good("test.both");
  both.record = [](int) { return Result<std::unique_ptr<Recorder>>(Status()); };
  EXPECT_TRUE(refused(both));
  ProfileType columnless = Good("test.columnless");
  columnless.values.clear();
  EXPECT_TRUE(refused(columnless));
  ProfileType shown = Good("test.shown");
  shown.shown_first = "nothing";
  EXPECT_TRUE(refused(shown));
}

TEST(Registry, OfManyThreadsOneGetsTheName) {
  std::atomic<int> succeeded{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 50; ++n)
        succeeded += Register(Good("test.race_" + std::to_string(n))).ok();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(succeeded, 50);
}

TEST(Registry, ListsProfilesByName) {
  Register(Good("test.z")).ok();
  Register(Good("test.a")).ok();
  std::string last;
  for (const ProfileType* type : ProfileTypes()) {
    EXPECT_LT(last, type->name);
    last = type->name;
  }
}

TEST(Registry, ChecksNamesAndParameters) {
  Register(Good("test.parameters")).ok();
  EXPECT_EQ(Collect("test.unknown").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Collect("test.parameters", {{"max_age", "1"}}).status().code(),
            StatusCode::kInvalidArgument);
  const Result<Snapshot> snapshot = Collect("test.parameters", {{"min_age", "10m"}});
  ASSERT_TRUE(snapshot.ok());
  EXPECT_EQ(model::SnapshotAccess::ProfileOf(snapshot.value()).comments.at(0), "10m");
}

TEST(Registry, ARecordedProfileIsNotCollected) {
  ProfileType type = Good("test.recorded");
  type.collect = nullptr;
  type.record = [](int) { return Result<std::unique_ptr<Recorder>>(Status()); };
  ASSERT_TRUE(Register(std::move(type)).ok());
  EXPECT_EQ(Collect("test.recorded").status().code(), StatusCode::kInvalidArgument);
}

TEST(Registry, PassesTheFailureOfACollectionOn) {
  ProfileType type = Good("test.failing");
  type.collect = [](SnapshotBuilder&) { return Status(StatusCode::kUnsupported, "under ASan"); };
  ASSERT_TRUE(Register(std::move(type)).ok());
  EXPECT_EQ(Collect("test.failing").status().message(), "under ASan");
}

TEST(Snapshot, WritesAndSubtracts) {
  Register(Good("test.written")).ok();
  const Snapshot first = Collect("test.written").value();
  const Snapshot second = Collect("test.written").value();
  const Result<Snapshot> delta = second.Since(first);
  ASSERT_TRUE(delta.ok());
  EXPECT_EQ(delta.value().sample_count(), 0U);
  std::ostringstream out;
  ASSERT_TRUE(second.Symbolize().WriteTo(out).ok());
  EXPECT_EQ(test::FlawOf(test::Decode(out.str())), "");
  std::ostringstream text;
  ASSERT_TRUE(second.WriteTo(text, Format::kText).ok());
  EXPECT_EQ(text.str().substr(0, 31), "test.written profile: total 3\n3");
}

TEST(Snapshot, ADifferenceKnowsTheTimeBetween) {
  Register(Good("test.timed")).ok();
  const uint64_t begin = sys::MonotonicNanos();
  const Snapshot first = Collect("test.timed").value();
  const uint64_t middle = sys::MonotonicNanos();
  while (sys::MonotonicNanos() < middle + 1000000) {
  }
  const Snapshot delta = Collect("test.timed").value().Since(first).value();
  const int64_t nanos = model::SnapshotAccess::ProfileOf(delta).duration_nanos;
  EXPECT_GE(nanos, 1000000);
  EXPECT_LE(nanos, static_cast<int64_t>(sys::MonotonicNanos() - begin));
}

TEST(Snapshot, HasNoDifferenceToAnotherProfile) {
  Register(Good("test.one")).ok();
  Register(Good("test.two")).ok();
  const Result<Snapshot> delta = Collect("test.one").value().Since(Collect("test.two").value());
  EXPECT_EQ(delta.status().code(), StatusCode::kInvalidArgument);
}

TEST(SnapshotBuilderDeathTest, WrongNumberOfValuesAborts) {
  SnapshotBuilder builder(Good("test.width"), {});
  EXPECT_DEATH(builder.Add({}, {1, 2}), "2 values, its profile 1 value types");
}

}  // namespace
}  // namespace pprof
