// The thread dump with threads in known states.
#include <alloca.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>

#include "pprof/labels.h"
#include "pprof/recording.h"
#include "tests/unit/threads/known_work.h"
#include "tests/unit/threads/long_sleeper.h"
#include "tests/unit/threads/parked_thread.h"
#include "tests/unit/threads/pipe_reader.h"
#include "tests/unit/threads/profile_shares.h"

namespace pprof::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Goroutine, ReadOfAPipeNamesTheDescriptor) {
  const PipeReader reader([](const auto& leaf) { leaf(); });
  EXPECT_THAT(HeaderOf(reader.thread.tid()),
              ContainsRegex("\\[IO wait, [0-9.]+s, fd " + std::to_string(reader.pipe.ends[0]) +
                            " pipe [0-9]+, "));
}

TEST(Goroutine, EpollSleepAndSemaphore) {
  const Pipe wake;
  const int poller = epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN;
  ASSERT_EQ(epoll_ctl(poller, EPOLL_CTL_ADD, wake.ends[0], &event), 0);
  sem_t semaphore;
  sem_init(&semaphore, 0, 0);
  {
    const ParkedThread epolling([&] { EXPECT_EQ(epoll_wait(poller, &event, 1, -1), 1); },
                                [&] { wake.Write(); });
    const LongSleeper sleeping;
    const ParkedThread counting([&] { sem_wait(&semaphore); }, [&] { sem_post(&semaphore); });
    EXPECT_THAT(HeaderOf(epolling.tid()), HasSubstr("[IO wait, "));
    EXPECT_THAT(HeaderOf(epolling.tid()), HasSubstr("anon_inode eventpoll"));
    EXPECT_THAT(HeaderOf(sleeping.tid()), HasSubstr("[sleep, "));
    EXPECT_THAT(HeaderOf(counting.tid()), ContainsRegex("\\[(semacquire|futex wait), "));
  }
  close(poller);
}

template <class Lock>
std::string AddressOf(Lock& lock) {
  std::ostringstream text;
  text << "0x" << std::hex << reinterpret_cast<uintptr_t>(lock.native_handle()) << " held by";
  return text.str();
}

// Waiters on both sides of a rwlock name the writer that holds it; waiters for readers name none.
TEST(Goroutine, SharedMutexWithItsWriter) {
  pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  char address[32];
  std::snprintf(address, sizeof address, "lock %p", static_cast<void*>(&lock));
  const std::string held = std::string(address) + " held by " + std::to_string(OwnTid()) + ",";
  const auto unlock = [&] { pthread_rwlock_unlock(&lock); };
  const auto read = [&] { pthread_rwlock_rdlock(&lock), unlock(); };
  const auto write = [&] { pthread_rwlock_wrlock(&lock), unlock(); };
  std::atomic<bool> released{false};
  const auto release_once = [&] {
    if (!released.exchange(true)) unlock();
  };
  pthread_rwlock_wrlock(&lock);
  {
    const ParkedThread reader(read, release_once);
    const ParkedThread writer(write, release_once);
    EXPECT_THAT(HeaderOf(reader.tid()), HasSubstr("[sync.RWMutex.RLock, "));
    EXPECT_THAT(HeaderOf(reader.tid()), HasSubstr(held));
    EXPECT_THAT(HeaderOf(writer.tid()), HasSubstr("[sync.RWMutex.Lock, "));
    EXPECT_THAT(HeaderOf(writer.tid()), HasSubstr(held));
  }
  pthread_rwlock_rdlock(&lock);
  const ParkedThread writer(write, unlock);
  EXPECT_THAT(HeaderOf(writer.tid()), HasSubstr(std::string(address) + ","));
}

TEST(Goroutine, ConditionAndMutexWithItsOwnerAndJoin) {
  std::mutex mutex;
  std::condition_variable condition;
  bool go = false;
  std::mutex held;
  held.lock();
  const ParkedThread waiting(
      [&] {
        std::unique_lock<std::mutex> lock(mutex);
        condition.wait(lock, [&] { return go; });
      },
      [&] {
        const std::lock_guard<std::mutex> lock(mutex);
        go = true;
        condition.notify_all();
      });
  const ParkedThread locking([&] { const std::lock_guard<std::mutex> lock(held); },
                             [&] { held.unlock(); });
  const Pipe end;
  pthread_t joined;
  std::atomic<int32_t> joined_tid{0};
  std::function<void()> body = [&] {
    joined_tid = OwnTid();
    ReadByte(end.ends[0]);
  };
  ASSERT_EQ(pthread_create(
                &joined, nullptr,
                [](void* opaque) -> void* {
                  (*static_cast<std::function<void()>*>(opaque))();
                  return nullptr;
                },
                &body),
            0);
  const ParkedThread joining([&] { pthread_join(joined, nullptr); }, [&] { end.Write(); });
  EXPECT_THAT(HeaderOf(waiting.tid()), HasSubstr("[sync.Cond.Wait, "));
  EXPECT_THAT(HeaderOf(locking.tid()), HasSubstr("[sync.Mutex.Lock, "));
  EXPECT_THAT(HeaderOf(locking.tid()), HasSubstr("held by " + std::to_string(OwnTid())));
  EXPECT_THAT(HeaderOf(locking.tid()), HasSubstr("lock " + AddressOf(held)));
  EXPECT_THAT(HeaderOf(joining.tid()), HasSubstr("[join, "));
  EXPECT_THAT(HeaderOf(joining.tid()), HasSubstr("of " + std::to_string(joined_tid)));
  EXPECT_THAT(DumpText(), Not(HasSubstr("[deadlock]")));
}

// In a child, since a deadlock never ends; 0: the dump shows it.
int RunDeadlock() {
  static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
  static pthread_mutex_t two = PTHREAD_MUTEX_INITIALIZER;
  static std::atomic<int> holding{0};
  static std::atomic<int32_t> tids[2];
  const auto embrace = [](std::atomic<int32_t>* tid, pthread_mutex_t* first,
                          pthread_mutex_t* second) {
    *tid = OwnTid();
    pthread_mutex_lock(first);
    ++holding;
    while (holding < 2) std::this_thread::yield();
    pthread_mutex_lock(second);
  };
  std::thread(embrace, &tids[0], &one, &two).detach();
  std::thread(embrace, &tids[1], &two, &one).detach();
  if (!WaitUntil([&] { return holding == 2; })) return 1;
  if (!WaitUntilAsleep(tids[0]) || !WaitUntilAsleep(tids[1])) return 2;
  const std::string dump = DumpText();
  if (dump.rfind("[deadlock] goroutine ", 0) != 0) return 3;
  for (const auto& tid : tids) {
    if (DumpOf(dump, tid).find(", deadlock, ") == std::string::npos) return 4;
  }
  return 0;
}

TEST(Goroutine, ACycleOfOwnersIsMarked) {
  EXPECT_EXIT(_exit(RunDeadlock()), ::testing::ExitedWithCode(0), "");
}

// A dump reads each thread and each owner at another time: busy locks look like cycles.
TEST(Goroutine, ThreadsThatTakeTurnsAreNoCycle) {
  std::mutex mutexes[2];
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 24; ++i) {
    threads.emplace_back([&, i] {
      for (unsigned turn = i; !stop; ++turn) {
        const std::lock_guard<std::mutex> lock(mutexes[turn % 2]);
        std::this_thread::sleep_for(std::chrono::microseconds(50));
      }
    });
  }
  size_t with_owner = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string dump = DumpText();
    with_owner += dump.find("held by") != std::string::npos ? 1 : 0;
    EXPECT_THAT(dump, Not(HasSubstr("deadlock")));
  }
  EXPECT_GT(with_owner, 30u);
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

TEST(Goroutine, ARunningThreadHasItsStack) {
  std::atomic<bool> stop{false};
  std::atomic<int32_t> tid{0};
  HogTruth truth;
  std::thread busy([&] {
    tid = OwnTid();
    RunHogs(stop, truth);
  });
  ASSERT_TRUE(WaitUntil([&] { return truth.hog1 > 0; }));
  std::string dump;
  // It answers when it gets a CPU, for which a dump does not wait for ever.
  EXPECT_TRUE(WaitUntil([&] {
    dump = DumpOf(DumpText(), tid);
    return dump.find("pprof::testing::RunHogs") != std::string::npos;
  })) << dump;
  EXPECT_THAT(dump, ContainsRegex("\\[run(ning|nable), \""));
  stop = true;
  busy.join();
}

TEST(Goroutine, ThreadsThatBlockAllSignalsHaveTheirLine) {
  std::atomic<bool> stop{false};
  std::atomic<int32_t> spinning_tid{0};
  const auto block_all = [] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
  };
  PipeReader deaf([&](const auto& leaf) {
    block_all();
    Recurse(3, leaf);
  });
  std::thread spinning([&] {
    block_all();
    spinning_tid = OwnTid();
    while (!stop) Hog1(1000000);
  });
  ASSERT_TRUE(WaitUntil([&] { return spinning_tid != 0; }));
  const std::string dump = DumpText();
  EXPECT_THAT(DumpOf(dump, deaf.thread.tid()), HasSubstr("pprof::testing::Recurse"));
  EXPECT_THAT(DumpOf(dump, spinning_tid),
              HasSubstr("\tstack unavailable: runs and blocks signal "));
  stop = true;
  spinning.join();
}

TEST(Goroutine, DumpsInterruptNobody) {
  std::vector<std::unique_ptr<LongSleeper>> sleepers;
  for (int i = 0; i < 20; ++i) sleepers.push_back(std::make_unique<LongSleeper>());
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Collect("goroutine").ok());
  for (const auto& sleeper : sleepers) EXPECT_EQ(sleeper->interrupted(), 0);
}

TEST(Goroutine, DeepRecursionIsCutAtTheRoot) {
  for (void (*const read_byte)(int) : {ReadByte, ReadByteWithFramePointer}) {
    const PipeReader reader([](const auto& leaf) { Recurse(2000, leaf); }, read_byte);
    const std::string dump = DumpOf(DumpText(), reader.thread.tid());
    EXPECT_THAT(dump, HasSubstr("ReadByte"));
    EXPECT_THAT(dump, HasSubstr("[truncated]"));
    size_t frames = 0;
    for (size_t at = 0; (at = dump.find("\n\t", at)) != std::string::npos; ++at) ++frames;
    EXPECT_GE(frames, 128u);
    EXPECT_LE(frames, 150u);  // inlined functions have separate lines
  }
}

TEST(Goroutine, InlinedAndTailCalledCode) {
  const PipeReader inlined([](const auto& leaf) { CallThroughInlined(leaf); });
  const PipeReader tail([](const auto& leaf) { CallByTailCall(leaf); });
  const std::string dump = DumpText();
  const std::string inlined_dump = DumpOf(dump, inlined.thread.tid());
  EXPECT_LT(inlined_dump.find("InlinedCaller"), inlined_dump.find("CallThroughInlined"));
  EXPECT_NE(inlined_dump.find("CallThroughInlined"), std::string::npos);
  const std::string tail_dump = DumpOf(dump, tail.thread.tid());
  EXPECT_THAT(tail_dump, HasSubstr("TailCalled"));
  EXPECT_THAT(tail_dump, Not(HasSubstr("CallByTailCall(")));  // it is not on the stack
}

TEST(Goroutine, OneSampleEachWithItsLabels) {
  const PipeReader reader([](const auto& leaf) {
    const ScopedLabels labels(LabelSet{{"route", "/a"}});
    leaf();
  });
  for (const NamedSample& sample : SamplesOf(Collect("goroutine", {{"labels", "all"}}).value())) {
    if (sample.LabelText("tid") != std::to_string(reader.thread.tid())) continue;
    EXPECT_EQ(sample.LabelText("state"), "IO wait");
    EXPECT_EQ(sample.LabelText("route"), "/a");
    EXPECT_EQ(sample.values, std::vector<int64_t>{1});
    return;
  }
  FAIL() << "no sample of the thread";
}

TEST(Goroutine, DeltaHasWhatIsNew) {
  const Snapshot before = Collect("goroutine").value();
  const PipeReader reader([](const auto& leaf) { Recurse(5, leaf); });
  const auto delta = SamplesOf(Collect("goroutine").value().Since(before).value());
  EXPECT_EQ(SumOf(delta, "Recurse"), 1);
}

TEST(Goroutine, OwnThreadsOnlyWhenAskedFor) {
  auto recording = Recording::Start("profile");
  ASSERT_TRUE(recording.ok());
  EXPECT_THAT(DumpText(), Not(HasSubstr("\"pprof-cpu\"")));
  EXPECT_THAT(DumpText({{"self", "1"}}), HasSubstr("\"pprof-cpu\""));
}

TEST(Goroutine, NamesDoNotMakeThreadsOurs) {
  const PipeReader reader([](const auto& leaf) {
    pthread_setname_np(pthread_self(), "pprof-lookalike");
    leaf();
  });
  EXPECT_THAT(DumpText(), HasSubstr("\"pprof-lookalike\""));
}

}  // namespace
}  // namespace pprof::testing
