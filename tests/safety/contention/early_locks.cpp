// A library whose constructor makes threads wait for a lock, a condition and a semaphore.
#include <semaphore.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace {

std::mutex mutex;
std::condition_variable condition;
bool ready = false;
int turns = 0;

__attribute__((constructor)) void UseLocks() {
  sem_t semaphore;
  sem_init(&semaphore, 0, 0);
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) {
      const std::lock_guard<std::mutex> lock(mutex);
      ++turns;
    }
    const std::lock_guard<std::mutex> lock(mutex);
    ready = true;
    condition.notify_all();
    sem_post(&semaphore);
  });
  for (int i = 0; i < 1000; ++i) {
    const std::lock_guard<std::mutex> lock(mutex);
    ++turns;
  }
  std::unique_lock<std::mutex> lock(mutex);
  while (!ready) condition.wait(lock);
  lock.unlock();
  sem_wait(&semaphore);
  other.join();
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int EarlyLockTurns() { return turns; }
