#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <future>
#include <thread>
#include <vector>

#include "pprof/labels.h"
#include "tests/unit/threads/parked_thread.h"
#include "tests/unit/threads/profile_shares.h"

namespace pprof::testing {
namespace {

double CreatedBy(const std::string& function) {
  return SumOf(SamplesOf(Collect("threadcreate").value()), function);
}

__attribute__((noinline)) std::unique_ptr<ParkedThread> StartParked(std::promise<void>& go) {
  auto thread =
      std::make_unique<ParkedThread>([&go] { go.get_future().wait(); }, [&go] { go.set_value(); });
  __asm__ volatile("");
  return thread;
}

TEST(ThreadCreate, NamesTheCreatorsOfLivingThreads) {
  std::promise<void> go[3];
  {
    const auto one = StartParked(go[0]), two = StartParked(go[1]), three = StartParked(go[2]);
    EXPECT_EQ(CreatedBy("StartParked"), 3);
  }
  EXPECT_EQ(CreatedBy("StartParked"), 0);
}

TEST(ThreadCreate, CarriesTheCreatorsLabels) {
  std::promise<void> go;
  const ScopedLabels labels(LabelSet{{"route", "/import"}});
  const auto thread = StartParked(go);
  EXPECT_EQ(SumOfLabel(SamplesOf(Collect("threadcreate").value()), "route", "/import"), 1);
}

TEST(ThreadCreate, TextSaysHowManyEver) {
  for (int i = 0; i < 5; ++i) std::thread([] {}).join();
  std::ostringstream out;
  ASSERT_TRUE(Collect("threadcreate").value().Symbolize().WriteTo(out, Format::kText).ok());
  EXPECT_THAT(out.str(), ::testing::HasSubstr("# threads created since start = 5\n"));
}

void* Return(void*) { return nullptr; }
void* Exit(void*) { pthread_exit(nullptr); }
void* WaitForCancel(void*) {
  for (;;) pause();
}
void* RawExit(void*) {
  syscall(SYS_exit, 0);
  return nullptr;
}

__attribute__((noinline)) pthread_t Create(void* (*start)(void*)) {
  pthread_t thread;
  EXPECT_EQ(pthread_create(&thread, nullptr, start, nullptr), 0);
  __asm__ volatile("");
  return thread;
}

TEST(ThreadCreate, EveryWayToEndCounts) {
  pthread_join(Create(Return), nullptr);
  pthread_join(Create(Exit), nullptr);
  const pthread_t waiting = Create(WaitForCancel);
  EXPECT_EQ(CreatedBy("Create"), 1);
  pthread_cancel(waiting);
  pthread_join(waiting, nullptr);
  EXPECT_EQ(CreatedBy("Create"), 0);
}

TEST(ThreadCreate, AThreadThatVanishedIsNotAlive) {
  pthread_join(Create(RawExit), nullptr);
  // The kernel lists a thread for a moment after it was joined.
  EXPECT_TRUE(WaitUntil([] { return CreatedBy("Create") == 0; }));
}

}  // namespace
}  // namespace pprof::testing
