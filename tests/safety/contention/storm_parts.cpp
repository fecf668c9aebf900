#include "tests/safety/contention/storm_parts.h"

#include <dlfcn.h>
#include <semaphore.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory_resource>
#include <shared_mutex>
#include <sstream>
#include <stdexcept>

#include "pprof/pprof.h"

namespace pprof::testing {

std::mutex storm_mutex;

void Storm::Add(int threads, std::function<void()> turn) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this, turn] {
      for (; !stop_; ++turns_) turn();
    });
  }
}

void Storm::Blow() {
  const char* seconds = std::getenv("PPROF_STORM_SECONDS");
  std::this_thread::sleep_for(std::chrono::seconds(seconds != nullptr ? std::atoi(seconds) : 2));
}

void Storm::Stop() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void HoldStormMutex() {
  const std::lock_guard<std::mutex> lock(storm_mutex);
  for (int i = 0; i < 20; ++i) __asm__ volatile("pause");
}

void UseEveryKindOfLock() {
  static std::shared_mutex shared;
  static std::recursive_mutex recursive;
  static std::timed_mutex timed;
  static std::condition_variable condition;
  static sem_t& semaphore = *[] {
    auto* made = new sem_t;
    sem_init(made, 0, 1);
    return made;
  }();
  { const std::shared_lock<std::shared_mutex> lock(shared); }
  { const std::unique_lock<std::shared_mutex> lock(shared); }
  {
    const std::lock_guard<std::recursive_mutex> outer(recursive);
    const std::lock_guard<std::recursive_mutex> inner(recursive);
  }
  if (timed.try_lock_for(std::chrono::microseconds(50))) timed.unlock();
  std::unique_lock<std::mutex> lock(storm_mutex);
  condition.wait_for(lock, std::chrono::microseconds(100));
  lock.unlock();
  condition.notify_all();
  sem_wait(&semaphore);
  sem_post(&semaphore);
  std::promise<int> promise;
  std::future<int> future = promise.get_future();
  std::thread setter([&] { promise.set_value(1); });
  future.get();
  setter.join();
}

void LoadLockAndUnload() {
  void* module = dlopen(PPROF_UNLOADED_LOCKS, RTLD_NOW);
  Check(module != nullptr, "dlopen");
  const auto lock = reinterpret_cast<void (*)(std::mutex*)>(dlsym(module, "LockSharedMutex"));
  lock(&storm_mutex);
  dlclose(module);
}

void ThrowAndCatch() {
  try {
    const std::lock_guard<std::mutex> lock(storm_mutex);
    throw std::runtime_error("storm");
  } catch (const std::runtime_error&) {
  }
}

void StartAndJoinThreads() {
  std::thread a(HoldStormMutex);
  std::thread b(HoldStormMutex);
  a.join();
  b.join();
}

void ForkAndLock() {
  const pid_t child = fork();
  if (child == 0) {
    // storm_mutex may be held by a thread that the child does not have: use a new one.
    std::mutex mutex;
    std::thread other([&] {
      for (int i = 0; i < 100; ++i) {
        const std::lock_guard<std::mutex> lock(mutex);
      }
    });
    for (int i = 0; i < 100; ++i) {
      const std::lock_guard<std::mutex> lock(mutex);
    }
    other.join();
    // Collects nothing: glibc leaves the loader's lock as another thread held it.
    _exit(0);
  }
  int status = 0;
  Check(child > 0 && waitpid(child, &status, 0) == child && status == 0, "child of fork");
}

// The child has the lock and its waiters' entries in the table, but not the waiters.
void ForkWhileHolding() {
  storm_mutex.lock();
  const pid_t child = fork();
  for (int i = 0; i < 100 && child == 0; ++i) {
    storm_mutex.unlock();
    storm_mutex.lock();
  }
  if (child == 0) _exit(storm_mutex.try_lock() ? 1 : 0);
  storm_mutex.unlock();
  int status = 0;
  Check(child > 0 && waitpid(child, &status, 0) == child && status == 0, "child of the holder");
}

void UsePoolAllocator() {
  static auto& pool = *new std::pmr::synchronized_pool_resource;
  std::pmr::vector<std::pmr::string> texts(&pool);
  for (int i = 0; i < 50; ++i) texts.emplace_back(static_cast<size_t>(20 + 40 * i), 'x');
}

void CollectAndWrite() {
  for (const char* name : {"block", "mutex"}) {
    Result<Snapshot> snapshot = Collect(name);
    Check(snapshot.ok(), "collect");
    std::ostringstream out;
    Check(snapshot.value().Symbolize().WriteTo(out).ok(), "write");
  }
}

void Check(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "contention_storm: failed: %s\n", what);
  std::_Exit(1);
}

}  // namespace pprof::testing
