#include "profiler/watch/followers.h"

#include <utility>

#include "profiler/sys/process/hook_program.h"

namespace pprof::watch {

bool Followers::Start() {
  if (!options_.on_capture && options_.hook.empty()) return true;
  thread_ = sys::OwnThread::Start("pprof-follow", [this] { Run(); });
  return thread_.running();
}

void Followers::Stop() {
  {
    const sys::MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  thread_.Join();
}

bool Followers::IsStopping() {
  const sys::MutexLock lock(mutex_);
  return stopping_;
}

void Followers::Add(CaptureInfo info) {
  if (!thread_.running()) return;
  {
    const sys::MutexLock lock(mutex_);
    if (waiting_.size() == kMostWaiting) waiting_.pop_front();
    waiting_.push_back(std::move(info));
  }
  changed_.NotifyAll();
}

void Followers::Run() {
  sys::MutexLock lock(mutex_);
  while (true) {
    while (waiting_.empty() && !stopping_) changed_.Wait(mutex_);
    if (stopping_) return;
    const CaptureInfo info = std::move(waiting_.front());
    waiting_.pop_front();
    lock.Unlock();
    Follow(info);
    lock.Lock();
  }
}

void Followers::Follow(const CaptureInfo& info) {
  if (options_.on_capture) options_.on_capture(info);
  if (options_.hook.empty()) return;
  constexpr int kMostSeconds = 300;
  std::vector<std::string> arguments = options_.hook;
  arguments.push_back(options_.folder + "/" + info.name);
  sys::RunHook(arguments, kMostSeconds, [this] { return IsStopping(); });
}

}  // namespace pprof::watch
