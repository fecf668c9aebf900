#include "endpoints/door/worker_pool.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace pprof::http {
namespace {

constexpr std::chrono::seconds kLongestIdle{5};

}  // namespace

Status WorkerPool::Start(const char* name) {
  name_ = name;
  const sys::MutexLock lock(mutex_);
  workers_.reserve(size_);
  while (threads_ < kept_) {
    if (Status added = Add(); !added.ok()) return added;
  }
  return {};
}

Status WorkerPool::Add() {
  auto ended = std::make_shared<std::atomic<bool>>(false);
  auto thread = OwnThread::Start(name_.c_str(), [this, ended] { Run(*ended); });
  if (!thread.ok()) return thread.status();
  workers_.push_back({std::move(thread).value(), std::move(ended)});
  ++threads_;
  return {};
}

bool WorkerPool::TryRun(Job job) {
  const auto ended = [](const Worker& worker) { return worker.ended->load(); };
  {
    const sys::MutexLock lock(mutex_);
    if (stopping_ || HasNoPlace()) return false;
    workers_.erase(std::remove_if(workers_.begin(), workers_.end(), ended), workers_.end());
    const bool needs_thread = jobs_.size() + busy_ >= threads_ && threads_ < size_;
    const bool added = needs_thread && Add().ok();
    if (needs_thread && !added && jobs_.size() + busy_ >= threads_ + max_queue_) return false;
    jobs_.push_back(std::move(job));
  }
  changed_.NotifyOne();
  return true;
}

bool WorkerPool::IsFull() {
  const sys::MutexLock lock(mutex_);
  return HasNoPlace();
}

// False: this thread shall end.
bool WorkerPool::AwaitJob() {
  const auto give_up = std::chrono::steady_clock::now() + kLongestIdle;
  while (!stopping_ && jobs_.empty()) {
    if (threads_ <= kept_) {
      changed_.Wait(mutex_);
    } else if (!changed_.WaitUntil(mutex_, give_up)) {
      break;
    }
  }
  return !jobs_.empty();
}

void WorkerPool::Run(std::atomic<bool>& ended) {
  sys::MutexLock lock(mutex_);
  while (AwaitJob()) {
    ++busy_;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.Unlock();
    const size_t free_before = FreeAllocatorBytes();
    try {
      job();
    } catch (...) {
      // Jobs handle their own errors; an exception must not end the program.
    }
    job = nullptr;  // destroys its captures before locking
    GiveBackMemory(free_before);
    lock.Lock();
    --busy_;
  }
  --threads_;
  ended.store(true);
}

void WorkerPool::Stop() {
  std::vector<Worker> workers;
  {
    const sys::MutexLock lock(mutex_);
    stopping_ = true;
    if (at_stop_ == AtStop::kDropWaiting) jobs_.clear();
    workers.swap(workers_);
  }
  changed_.NotifyAll();
  workers.clear();  // waits for them
}

}  // namespace pprof::http
