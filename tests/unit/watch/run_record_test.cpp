#include "profiler/watch/folder/run_record.h"

#include <gtest/gtest.h>

namespace pprof::watch {
namespace {

RunState Near() {
  RunState state;
  state.wall_nanos = int64_t{1795858768} * 1000000000;
  state.used = 970;
  state.limit = 1000;
  state.kills = 3;
  std::snprintf(state.capture, sizeof state.capture, "20261128T093925Z.4711.memory90");
  return state;
}

TEST(RunRecord, IsReadAsItWasWritten) {
  RunState state;
  ASSERT_TRUE(ParseRunState(TextOf(Near()), &state));
  EXPECT_EQ(TextOf(state), TextOf(Near()));
  EXPECT_TRUE(ParseRunState(TextOf(RunState()), &state));
  EXPECT_STREQ(state.capture, "");
  for (const char* none : {"", "x", "1 2 3 4"}) EXPECT_FALSE(ParseRunState(none, &state)) << none;
}

TEST(RunRecord, SaysWhatTheKernelCounted) {
  EXPECT_EQ(SentenceOfDeath(Near(), "4711", 4),
            "process 4711 was killed at its memory limit; last capture "
            "20261128T093925Z.4711.memory90, 3 s before");
}

TEST(RunRecord, SaysWhatIsLikelyWithoutACount) {
  RunState state = Near();
  const std::string likely =
      "process 4711 ended without a word at 97 % of its memory limit, as the kernel ends "
      "processes; "
      "last capture 20261128T093925Z.4711.memory90, 3 s before";
  EXPECT_EQ(SentenceOfDeath(state, "4711", 3), likely);
  EXPECT_EQ(SentenceOfDeath(state, "4711", 0), likely);  // a new group
  state.kills = -1;
  EXPECT_EQ(SentenceOfDeath(state, "4711", 5), likely);
  state.capture[0] = '\0';
  EXPECT_EQ(SentenceOfDeath(state, "4711", -1),
            "process 4711 ended without a word at 97 % of its memory limit, as the kernel ends "
            "processes; it has no capture");
}

TEST(RunRecord, SaysNothingOfOtherEnds) {
  RunState state = Near();
  state.ended = true;
  EXPECT_EQ(SentenceOfDeath(state, "1", 4), "");
  state = Near();
  state.used = 500;
  EXPECT_EQ(SentenceOfDeath(state, "1", 3), "");
  EXPECT_EQ(SentenceOfDeath(RunState(), "1", 3), "");
}

}  // namespace
}  // namespace pprof::watch
