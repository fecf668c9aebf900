// Which threads the wall clock window follows: new ones, ended ones, the profiler's own.
#include <sys/syscall.h>

#include "tests/unit/profiles/wall_window_fixture.h"

namespace pprof::profiles {
namespace {

// The thread ended, and a new one has its number before anybody looked: clocks go back.
TEST_F(WallWindowTest, AClockThatWentBackIsAnotherThreads) {
  thread(1).WaitIn(kA);
  thread(1).cpu = 900 * kMs;
  thread(1).run_delay = 800 * kMs;
  Window window = Begin();
  thread(1).cpu = 1 * kMs;
  thread(1).run_delay = 2 * kMs;
  Tick(window);
  EXPECT_EQ(Written(window),
            (Rows{{"a0 f0 {state=sleep}", {1, 7 * kMs}}, {"[running]", {0, 3 * kMs}}}));
}

TEST_F(WallWindowTest, AThreadThatEndsKeepsItsTimeUntilTheLastLook) {
  thread(1).WaitIn(kA);
  Window window = Begin();
  Tick(window);
  thread(1).cpu += 4 * kMs;
  Tick(window);
  process_.threads.erase(1);
  for (int i = 0; i < 5; ++i) Tick(window);
  window.Finish();
  EXPECT_EQ(Written(window),
            (Rows{{"a0 f0 {state=sleep}", {2, 16 * kMs}}, {"[running]", {0, 4 * kMs}}}));
}

TEST_F(WallWindowTest, AThreadThatEndsBeforeTheFirstLookIsNotThere) {
  thread(1).WaitIn(kA);
  Window window = Begin();
  process_.threads.erase(1);
  Tick(window);
  window.Finish();
  EXPECT_EQ(Written(window), Rows());
}

// A count every 100 ms notices it; its first moments are missed.
TEST_F(WallWindowTest, ANewThreadHasTheTimeSinceItWasFound) {
  Window window = Begin();
  Tick(window);  // counts
  process_.now += 50 * kMs;
  thread(1).WaitIn(kA);
  for (int i = 0; i < 5; ++i) Tick(window);
  EXPECT_EQ(thread(1).clock_looks, 2);  // when it was found, and the first look
  Tick(window);
  EXPECT_EQ(Written(window), (Rows{{"a0 f0 {state=sleep}", {1, 10 * kMs}}}));
  EXPECT_EQ(process_.lists, 2);
}

// As many as before: only the list that comes each second tells.
TEST_F(WallWindowTest, AThreadInAnothersPlaceIsFoundWithinASecond) {
  process_.own = {1, 2};
  thread(1).WaitIn(kA);
  Window window = Begin();
  process_.threads.erase(1);
  thread(3).WaitIn(kB);
  for (int i = 0; i < 99; ++i) Tick(window);
  EXPECT_EQ(thread(3).clock_looks, 0);
  for (int i = 0; i < 11; ++i) Tick(window);
  EXPECT_GT(thread(3).clock_looks, 0);
  EXPECT_EQ(process_.lists, 2);
}

TEST_F(WallWindowTest, OwnThreadsAreNotLookedAt) {
  process_.own = {1};
  thread(1).WaitIn(kA);
  thread(2).WaitIn(kB);
  Window window = Begin();
  for (int i = 0; i < 5; ++i) Tick(window);
  window.Finish();
  EXPECT_EQ(thread(1).clock_looks, 1);  // to note that it is there
  EXPECT_EQ(Written(window), (Rows{{"b0 f0 {state=sleep}", {5, 50 * kMs}}}));
}

// Else every count would find "others", and a thread of the program with its number be left out.
TEST_F(WallWindowTest, NewThreadsWaitUntilOwnOnesAreKnown) {
  thread(1).WaitIn(kA);
  Window window = Begin();
  process_.own_is_complete = false;
  thread(2).WaitIn(kB);
  for (int i = 0; i < 15; ++i) Tick(window);
  process_.own = {2};
  process_.own_is_complete = true;
  for (int i = 0; i < 15; ++i) Tick(window);
  window.Finish();
  EXPECT_EQ(Written(window), (Rows{{"a0 f0 {state=sleep}", {30, 300 * kMs}}}));
}

TEST_F(WallWindowTest, AnOwnThreadThatEndedIsForgotten) {
  process_.own = {1};
  thread(1).WaitIn(kA);
  thread(2).WaitIn(kB);
  Window window = Begin();
  process_.threads.erase(1);
  process_.own.clear();
  for (int i = 0; i < 50; ++i) Tick(window);
  EXPECT_EQ(process_.lists, 2);
  thread(1).WaitIn(kA, SYS_poll);
  for (int i = 0; i < 11; ++i) Tick(window);
  EXPECT_EQ(Written(window).count("a0 f0 {state=IO wait}"), 1u);
}

TEST_F(WallWindowTest, LongListsAreMadeLessOften) {
  process_.list_takes = 4 * kMs;
  Window window = Begin();
  for (int32_t tid = 1; tid <= 60; ++tid) {  // a new thread each 10 ms
    thread(tid).WaitIn(kA);
    Tick(window);
  }
  // At its begin; after 200 ms of rest each, when 100 ms of counting are over.
  EXPECT_EQ(process_.lists, 3);
}

}  // namespace
}  // namespace pprof::profiles
