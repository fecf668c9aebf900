#include "endpoints/door/worker_pool.h"

#include <utility>

namespace pprof::http {

Status WorkerPool::Start(const char* name) {
  for (size_t i = 0; i < size_; ++i) {
    auto thread = OwnThread::Start(name, [this] { Run(); });
    if (!thread.ok()) return thread.status();
    threads_.push_back(std::move(thread).value());
  }
  return Status();
}

bool WorkerPool::TryRun(std::function<void()> job) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_ || jobs_.size() + busy_ >= size_ + max_queue_) return false;
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void WorkerPool::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    ++busy_;
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    try {
      job();
    } catch (...) {
      // A job answers for its own failures; nothing of them ends the program.
    }
    job = nullptr;          // what it holds goes before the lock is taken
    GiveBackThreadCache();  // of ten workers it was 25 MB after ten minutes of profiles
    lock.lock();
    --busy_;
  }
}

void WorkerPool::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    jobs_.clear();
  }
  changed_.notify_all();
  threads_.clear();
}

}  // namespace pprof::http
