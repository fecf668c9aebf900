// The countdown with distances that the test draws: which objects are sampled, to the byte, and
// that their weights add up to the objects there were.
#include "profiler/signal_safe/heap/countdown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <vector>

#include "profiler/signal_safe/heap/byte_sampler.h"

namespace pprof::signal_safe {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint64_t kInterval = 64 * 1024;

// A thread's stream of allocations. Its state is not the real one's: the test's own malloc counts
// that down.
class Stream {
 public:
  explicit Stream(std::deque<double> distances) : distances_(std::move(distances)) {}

  // Allocates `count` objects; answers which of them, counted from the begin of the stream, were
  // sampled.
  std::vector<int> Allocate(int count, size_t size, uint64_t interval = kInterval) {
    std::vector<int> sampled;
    for (int i = 0; i < count; ++i, ++objects_) {
      if (Decide(size, interval) != 0) sampled.push_back(objects_);
    }
    return sampled;
  }
  // The interval that one more object was sampled with.
  uint64_t Decide(size_t size, uint64_t interval) {
    const bool ended = size > state_.bytes_left;
    state_.bytes_left -= size;
    if (!ended) return 0;
    return EndCountdown(state_, size, interval, [this](uint64_t drawn_with) {
      last_interval_ = drawn_with;
      if (distances_.empty()) return 1e18;
      const double distance = distances_.front();
      distances_.pop_front();
      return distance;
    });
  }

  size_t left() const { return distances_.size(); }
  uint64_t last_interval() const { return last_interval_; }
  const ThreadState& state() const { return state_; }

 private:
  std::deque<double> distances_;
  ThreadState state_{};
  int objects_ = 0;
  uint64_t last_interval_ = 0;
};

TEST(Countdown, TheObjectThatHoldsThePointIsSampled) {
  for (const auto& [distance, object] : std::vector<std::pair<double, int>>{
           {0, 0}, {9.9, 0}, {10, 1}, {99.9, 9}, {100, 10}, {100.7, 10}, {110, 11}}) {
    Stream stream({distance});
    EXPECT_THAT(stream.Allocate(100, 10), ElementsAre(object)) << distance;
  }
}

// Further points in a sampled object do not count: it is sampled once.
TEST(Countdown, TheNextDistanceBeginsBehindTheSampledObject) {
  Stream stream({25, 30, 0, 9});
  EXPECT_THAT(stream.Allocate(20, 10), ElementsAre(2, 6, 7, 8));
  EXPECT_EQ(stream.left(), 0u);
}

TEST(Countdown, AnObjectLargerThanTheDistanceIsSampledOnce) {
  Stream stream({1, 2, 3});
  EXPECT_THAT(stream.Allocate(3, 1'000'000), ElementsAre(0, 1, 2));
}

// A distance that one countdown does not reach is forgotten at its end and drawn anew: exponential
// distances have no memory.
TEST(Countdown, BehindALongDistanceAnotherIsDrawn) {
  constexpr size_t kSize = 1024;
  constexpr int kObjects = kLongestCountdown / kSize;
  Stream stream({kLongestCountdown + 1025.0, 2500});
  EXPECT_THAT(stream.Allocate(1 + kObjects, kSize), IsEmpty());
  EXPECT_EQ(stream.left(), 1u);
  EXPECT_FALSE(stream.state().sample_at_zero);
  // From the end of the 256 KiB on: in the third object.
  EXPECT_THAT(stream.Allocate(10, kSize), ElementsAre(1 + kObjects + 2));
}

TEST(Countdown, TheLongestDistanceThatIsReachedIsKept) {
  Stream stream({0, kLongestCountdown});
  EXPECT_THAT(stream.Allocate(1, 1), ElementsAre(0));
  EXPECT_TRUE(stream.state().sample_at_zero);
  EXPECT_THAT(stream.Allocate(kLongestCountdown + 5, 1), ElementsAre(kLongestCountdown + 1));
}

// The end of a long countdown lies in the object: only the bytes behind it count, those before are
// decided.
TEST(Countdown, OfAnObjectAtTheEndOfALongCountdownTheRestCounts) {
  for (const bool hit : {false, true}) {
    Stream stream({1e9, hit ? 99.0 : 100.0});
    EXPECT_THAT(stream.Allocate(1, 10), IsEmpty());
    EXPECT_EQ(stream.Decide(kLongestCountdown + 100, kInterval), hit ? kInterval : 0);
  }
}

TEST(Countdown, ASampleBelongsToTheIntervalItsDistanceWasDrawnWith) {
  Stream stream({50, 0});
  EXPECT_EQ(stream.Decide(10, 4096), 0u);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(stream.Decide(10, 1 << 20), 0u);
  EXPECT_EQ(stream.Decide(10, 1 << 20), 4096u);
  EXPECT_EQ(stream.last_interval(), uint64_t{1} << 20);
  EXPECT_EQ(stream.Decide(10, 1 << 20), uint64_t{1} << 20);
}

TEST(Countdown, OffLooksAtTheSettingsEvery256KiBAndDrawsNothing) {
  Stream stream({5});
  EXPECT_THAT(stream.Allocate(1000, 1024, 0), IsEmpty());
  EXPECT_EQ(stream.left(), 1u);
  EXPECT_LE(stream.state().bytes_left, kLongestCountdown);
}

// The point that was drawn is still one: the sample has the weight of that time.
TEST(Countdown, SwitchedOffTheLastPointIsStillOne) {
  Stream stream({50});
  EXPECT_EQ(stream.Decide(10, 4096), 0u);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(stream.Decide(10, 0), 0u);
  EXPECT_EQ(stream.Decide(10, 0), 4096u);
  EXPECT_THAT(stream.Allocate(1000, 10, 0), IsEmpty());
}

TEST(Countdown, OfNoBytesNothingIsSampled) {
  Stream stream({0, 0});
  EXPECT_THAT(stream.Allocate(10, 0), IsEmpty());
}

TEST(Countdown, TheLargestSizeDoesNotStopTheSampling) {
  Stream stream({5, 5, 30});
  EXPECT_EQ(stream.Decide(SIZE_MAX, kInterval), kInterval);
  EXPECT_EQ(stream.Decide(SIZE_MAX, kInterval), kInterval);
  EXPECT_THAT(stream.Allocate(10, 10), ElementsAre(3));
}

// Of N equally likely distances to the first point, so many hit the object that the hits' weights
// are the N objects there were; to less than one hit.
TEST(Countdown, WeightsAddUpToTheObjectsThereWere) {
  constexpr int kChances = 20000;
  for (const size_t size : {0, 1, 16, 1000, 65536, 262144, 262145, 1 << 20}) {
    for (const uint64_t interval : {1, 64, 4096, 65536, 524288}) {
      int hits = 0;
      for (int i = 0; i < kChances; ++i) {
        const double uniform = (i + 0.5) / kChances;
        Stream stream({-std::log(uniform) * static_cast<double>(interval)});
        hits += stream.Decide(CountedBytes(size), interval) != 0;
      }
      const double weight = WeightOf(size, interval);
      EXPECT_NEAR(hits * weight, kChances, weight) << size << " at " << interval;
    }
  }
}

TEST(HeapWeight, IsTheReciprocalOfTheProbabilityOfAHit) {
  for (const size_t size : {0, 1, 24, 4096, 524288, 1 << 30}) {
    for (const uint64_t interval : {1, 512, 524288, 1 << 30}) {
      const double ratio = static_cast<double>(size + 1) / static_cast<double>(interval);
      const double expected = 1 / -std::expm1(-ratio);
      EXPECT_NEAR(WeightOf(size, interval), expected, 1e-7 * expected) << size << " " << interval;
    }
  }
  EXPECT_EQ(WeightOf(SIZE_MAX - 1, 1), 1);
}

}  // namespace
}  // namespace pprof::signal_safe
