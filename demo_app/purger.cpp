#include "demo_app/purger.h"

#include <pprof/mark.h>

#include "demo_app/memory.h"
#include "demo_app/requests/request_context.h"

Purger::Purger(std::chrono::milliseconds max_age, std::chrono::milliseconds interval)
    : max_age_(max_age), interval_(interval), thread_([this] { Run(); }) {}

Purger::~Purger() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_wanted_.notify_all();
  thread_.join();
}

void Purger::Run() {
  std::unique_lock lock(mutex_);
  while (!stop_wanted_.wait_for(lock, interval_, [this] { return stopping_; })) {
    lock.unlock();
    // tcmalloc caches freed pages: without the release only the heap in use falls, and the resident
    // bytes, which the container's limit applies to, stay at their peak.
    if (reqctx::Purge(max_age_) > 0) {
      memory::ReleaseFreeMemory();
      pprof::Mark("purge");
    }
    lock.lock();
  }
}
