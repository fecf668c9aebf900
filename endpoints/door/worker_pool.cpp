#include "endpoints/door/worker_pool.h"

#include <csignal>
#include <memory>
#include <system_error>
#include <utility>

#include "pprof/own_threads.h"

namespace pprof::http {
namespace {

// 8 MiB of address space, touched as far as used: a parser that recurses once too often meets the
// program's small default otherwise.
constexpr size_t kStackBytes = size_t{8} << 20;

// New threads inherit the mask; the caller gets back the one it had.
class ScopedSignalMask {
 public:
  ScopedSignalMask() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &saved_);
  }
  ~ScopedSignalMask() { pthread_sigmask(SIG_SETMASK, &saved_, nullptr); }

 private:
  sigset_t saved_;
};

void* ThreadMain(void* argument) {
  const std::unique_ptr<std::function<void()>> run(static_cast<std::function<void()>*>(argument));
  (*run)();
  return nullptr;
}

}  // namespace

Result<WorkerThread> WorkerThread::Start(const std::string& name, std::function<void()> run) {
  auto start = std::make_unique<std::function<void()>>(std::move(run));
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  const ScopedSignalMask mask;
  const ScopedOwnThreads own;
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, ThreadMain, start.get());
  pthread_attr_destroy(&attributes);
  if (error != 0) {
    return Status(StatusCode::kInternal,
                  "pthread_create: " + std::generic_category().message(error));
  }
  start.release();  // ThreadMain has it
  pthread_setname_np(thread, name.c_str());
  return WorkerThread(thread);
}

WorkerThread::WorkerThread(WorkerThread&& other) noexcept
    : thread_(other.thread_), joinable_(std::exchange(other.joinable_, false)) {}

WorkerThread::~WorkerThread() {
  if (joinable_) pthread_join(thread_, nullptr);
}

Status WorkerPool::Start(int first_number) {
  for (size_t i = 0; i < size_; ++i) {
    const std::string name = "pprof-http-" + std::to_string(first_number + static_cast<int>(i));
    auto thread = WorkerThread::Start(name, [this] { Run(); });
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
