// contention_storm PART: exits with 0 unless something hung, crashed or failed.
#include <gperftools/malloc_hook_c.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "pprof/pprof.h"
#include "tests/safety/contention/storm_parts.h"

extern "C" int EarlyLockTurns();

namespace pprof::testing {
namespace {

// Runs before main, and before constructors of normal priority.
struct LocksBeforeMain {
  LocksBeforeMain() {
    for (int i = 0; i < 20; ++i) StartAndJoinThreads();
  }
};
__attribute__((init_priority(102))) LocksBeforeMain locks_before_main;

// All parts at once.
void RunStorm() {
  Storm storm;
  storm.Add(4, HoldStormMutex);
  storm.Add(2, UseEveryKindOfLock);
  storm.Add(1, LoadLockAndUnload);
  storm.Add(2, ThrowAndCatch);
  storm.Add(1, StartAndJoinThreads);
  storm.Add(1, ForkAndLock);
  storm.Add(1, ForkWhileHolding);
  storm.Add(2, UsePoolAllocator);
  storm.Add(1, CollectAndWrite);
  storm.Blow();
}

std::mutex handler_mutex;
sem_t handler_semaphore;

// POSIX does not allow it for mutexes, but programs do it: it may interrupt any of our functions.
void LockInHandler(int) {
  const int saved_errno = errno;
  if (handler_mutex.try_lock()) handler_mutex.unlock();
  pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&own);
  pthread_mutex_unlock(&own);
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  sem_timedwait(&handler_semaphore, &now);
  errno = saved_errno;
}

void RunHandlers() {
  sem_init(&handler_semaphore, 0, 0);
  struct sigaction action {};
  action.sa_handler = LockInHandler;
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, nullptr);
  const itimerval every{{0, 300}, {0, 300}};
  setitimer(ITIMER_REAL, &every, nullptr);
  Storm storm;
  storm.Add(3, HoldStormMutex);
  storm.Add(1, UseEveryKindOfLock);
  storm.Add(1, [] { const std::lock_guard<std::mutex> lock(handler_mutex); });
  storm.Add(1, CollectAndWrite);
  storm.Blow();
  const itimerval never{};
  setitimer(ITIMER_REAL, &never, nullptr);
}

void RunFork() {
  Storm storm;
  storm.Add(3, HoldStormMutex);
  storm.Add(2, ForkAndLock);
  storm.Add(1, ForkWhileHolding);
  storm.Blow();
  storm.Stop();
  // The parent's waiters are unaffected.
  Check(Collect("mutex").value().total(0) > 0, "contention in the parent");
}

void ContendAtExit() {
  for (int i = 0; i < 20; ++i) StartAndJoinThreads();
  CollectAndWrite();
}

struct LocksAfterMain {
  ~LocksAfterMain() { ContendAtExit(); }
} locks_after_main;

void RunExit() {
  std::atexit(ContendAtExit);
  static Storm& storm = *new Storm;  // still runs while the process exits
  storm.Add(2, HoldStormMutex);
  storm.Blow();
}

std::mutex hook_mutex;
uint64_t hooked_allocations = 0;

// An allocator with its own lock: the lock hooks run inside malloc.
void CountAllocation(const void*, size_t) {
  const std::lock_guard<std::mutex> lock(hook_mutex);
  ++hooked_allocations;
}

void RunMallocHook() {
  MallocHook_AddNewHook(CountAllocation);
  Storm storm;
  storm.Add(4, [] {
    void* volatile block = std::malloc(100);  // compilers drop a pair that nothing sees
    std::free(block);
  });
  storm.Add(1, UseEveryKindOfLock);
  storm.Add(1, CollectAndWrite);
  storm.Blow();
  storm.Stop();
  MallocHook_RemoveNewHook(CountAllocation);
  Check(Collect("mutex").value().total(0) > 0, "contention inside malloc");
}

void* WaitForEver(void*) {
  static std::mutex mutex;
  static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  pthread_mutex_lock(mutex.native_handle());
  pthread_cleanup_push([](void*) { pthread_mutex_unlock(mutex.native_handle()); }, nullptr);
  for (;;) pthread_cond_wait(&condition, mutex.native_handle());
  pthread_cleanup_pop(1);
  return nullptr;
}

void CancelWaitingThreads() {
  pthread_t threads[4];
  for (pthread_t& thread : threads) {
    Check(pthread_create(&thread, nullptr, WaitForEver, nullptr) == 0, "pthread_create");
  }
  for (const pthread_t thread : threads) pthread_cancel(thread);
  for (const pthread_t thread : threads) {
    void* value = nullptr;
    pthread_join(thread, &value);
    Check(value == PTHREAD_CANCELED, "cancelled");
  }
}

void RunCancel() {
  Storm storm;
  storm.Add(3, CancelWaitingThreads);
  storm.Add(2, HoldStormMutex);
  storm.Blow();
}

// Switches off and on during waits and holds.
void RunSwitching() {
  Storm storm;
  storm.Add(4, HoldStormMutex);
  storm.Add(1, UseEveryKindOfLock);
  for (int i = 0; i < 2; ++i) {
    storm.Add(1, [i] {
      const char* name = i == 0 ? "block" : "mutex";
      const Parameters everything =
          i == 0 ? Parameters{{"rate", "1ns"}} : Parameters{{"fraction", "1"}};
      Check(FindProfileType(name)->prepare(everything).ok(), "prepare");
    });
  }
  Sampling off = GetSampling();
  off.block_interval = std::chrono::nanoseconds(0);
  off.mutex_fraction = 0;
  Check(SetSampling(off).ok(), "off");
  storm.Blow();
}

int Run(const char* part) {
  const struct {
    const char* name;
    void (*run)();
  } parts[] = {{"storm", RunStorm},        {"handlers", RunHandlers},      {"fork", RunFork},
               {"exit", RunExit},          {"malloc_hook", RunMallocHook}, {"cancel", RunCancel},
               {"switching", RunSwitching}};
  for (const auto& one : parts) {
    if (std::strcmp(one.name, part) != 0) continue;
    Check(EarlyLockTurns() == 2000, "locks in a library's constructor");
    one.run();
    CollectAndWrite();
    std::printf("%s: block %lld, mutex %lld contentions\n", part,
                static_cast<long long>(Collect("block").value().total(0)),
                static_cast<long long>(Collect("mutex").value().total(0)));
    return 0;
  }
  return 2;
}

}  // namespace
}  // namespace pprof::testing

int main(int argc, char** argv) { return argc == 2 ? pprof::testing::Run(argv[1]) : 2; }
