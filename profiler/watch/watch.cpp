// Implementation of pprof/watch.h.
#include "pprof/watch.h"

#include <algorithm>
#include <utility>

#include "profiler/sys/process/per_process.h"
#include "profiler/sys/process/process.h"
#include "profiler/sys/thread/mutex.h"
#include "profiler/sys/thread/own_descriptors.h"
#include "profiler/watch/folder/capture_list.h"
#include "profiler/watch/folder/capture_name.h"
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
  if (options.high_water_percent < 0 || options.threads < 0 || options.most_a_day < 0 ||
      !(options.cpu_cores >= 0)) {
    return {StatusCode::kInvalidArgument, "a setting of the watch is negative"};
  }
  return {};
}

// Runs body(folder) with the folder of this process's watch. Errors: kNotFound when nothing
// watches.
template <class Body>
auto InFolder(const Body& body) -> decltype(body(sys::PrivateFolder())) {
  const std::shared_ptr<WatchThread> thread = RunningThread();
  if (thread == nullptr) return Status(StatusCode::kNotFound, "nothing watches this process");
  return sys::WithOwnDescriptors([&]() -> decltype(body(sys::PrivateFolder())) {
    std::string why_not;
    const auto folder = sys::PrivateFolder::Open(thread->options().folder, &why_not);
    if (!folder.is_open()) return Status(StatusCode::kInternal, why_not);
    return body(folder);
  });
}

Status NoCapture(std::string_view name) {
  return {StatusCode::kNotFound, "there is no capture " + std::string(name.substr(0, 100))};
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
    // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new): 16 bytes, in a child that has just begun
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
  auto captures = InFolder([](const sys::PrivateFolder& folder) {
    return Result<std::vector<CaptureInfo>>(watch::ListCaptures(folder));
  });
  return captures.ok() ? std::move(captures).value() : std::vector<CaptureInfo>();
}

std::vector<std::string> Watch::Deaths() {
  const std::shared_ptr<WatchThread> thread = RunningThread();
  return thread == nullptr ? std::vector<std::string>() : thread->last_deaths();
}

Result<std::string> Watch::Read(std::string_view capture, std::string_view file) {
  return InFolder([&](const sys::PrivateFolder& folder) -> Result<std::string> {
    watch::CaptureNameParts parts;
    const bool plain = !file.empty() && file.front() != '.' &&
                       file.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
    if (!plain || !watch::ParseCaptureName(capture, &parts)) return NoCapture(capture);
    const sys::PrivateFolder of_capture = folder.Enter(std::string(capture).c_str());
    const std::string name(file);
    const int fd = of_capture.OpenFile(name.c_str());
    if (fd < 0) return Status(StatusCode::kNotFound, "the capture has no such file");
    std::string bytes = sys::ReadWhole(fd, of_capture.SizeOf(name.c_str()));
    sys::CloseFile(fd);
    return bytes;
  });
}

Status Watch::Remove(std::string_view capture) {
  return InFolder([&](const sys::PrivateFolder& folder) -> Status {
    watch::CaptureNameParts parts;
    if (!watch::ParseCaptureName(capture, &parts)) return NoCapture(capture);
    const bool removed = watch::RemoveCapture(folder, std::string(capture));
    return removed ? Status() : NoCapture(capture);
  });
}

}  // namespace pprof
