// Implementation of pprof/watch.h.
#include "pprof/watch.h"

#include <algorithm>
#include <utility>

#include "profiler/sys/process/per_process.h"
#include "profiler/sys/process/process.h"
#include "profiler/sys/thread/mutex.h"
#include "profiler/sys/thread/own_descriptors.h"
#include "profiler/watch/capture_list.h"
#include "profiler/watch/capture_name.h"
#include "profiler/watch/watch_thread.h"

namespace pprof {
namespace {

using watch::WatchThread;

// The one that watches this process.
struct Running {
  sys::Mutex mutex;
  std::shared_ptr<WatchThread> thread PPROF_GUARDED_BY(mutex);
};
sys::PerProcess<Running> running;

std::shared_ptr<WatchThread> RunningThread() {
  Running& now = running.Get();
  const sys::MutexLock lock(now.mutex);
  return now.thread;
}

Status CheckOptions(const WatchOptions& options) {
  const auto bad = [](int percent) { return percent < 1 || percent > 99; };
  const auto& percents = options.memory_percent;
  if (std::any_of(percents.begin(), percents.end(), bad)) {
    return {StatusCode::kInvalidArgument, "memory_percent has a number outside of 1 to 99"};
  }
  return {};
}

}  // namespace

Result<Watch> Watch::Start(const WatchOptions& options) {
  if (const Status checked = CheckOptions(options); !checked.ok()) return checked;
  auto thread = std::make_shared<WatchThread>(options);
  Running& now = running.Get();
  const sys::MutexLock lock(now.mutex);
  if (now.thread != nullptr) {
    return Status(StatusCode::kConflict, "this process is watched already, with captures in " +
                                             now.thread->options().folder);
  }
  if (const Status started = thread->Start(); !started.ok()) return started;
  now.thread = thread;
  return Watch(std::move(thread));
}

Watch::Watch(std::shared_ptr<WatchThread> thread) : thread_(std::move(thread)) {}
Watch::Watch(Watch&&) noexcept = default;
Watch& Watch::operator=(Watch&& other) noexcept {
  std::swap(thread_, other.thread_);
  return *this;
}

Watch::~Watch() {
  if (thread_ == nullptr) return;
  if (thread_->process() != sys::ProcessGeneration()) {
    // A forked child does not have the thread, and maybe its locks are taken for ever.
    new std::shared_ptr<WatchThread>(std::move(thread_));
    return;
  }
  {
    Running& now = running.Get();
    const sys::MutexLock lock(now.mutex);
    now.thread = nullptr;
  }
  thread_->Stop();
}

std::vector<std::string> Watch::last_deaths() const { return thread_->last_deaths(); }

Result<std::string> Watch::Capture(std::string_view reason) {
  if (!watch::IsReason(reason)) {
    return Status(StatusCode::kInvalidArgument,
                  "\"" + std::string(reason) + "\" is not 1 to 32 of a-z and 0-9");
  }
  const std::shared_ptr<WatchThread> thread = RunningThread();
  if (thread == nullptr) return Status(StatusCode::kNotFound, "nothing watches this process");
  return sys::WithOwnDescriptors([&] { return thread->Capture(reason); });
}

std::vector<CaptureInfo> Watch::Captures() {
  const std::shared_ptr<WatchThread> thread = RunningThread();
  if (thread == nullptr) return {};
  return sys::WithOwnDescriptors([&] {
    std::string why_not;
    return watch::ListCaptures(sys::PrivateFolder::Open(thread->options().folder, &why_not));
  });
}

}  // namespace pprof
