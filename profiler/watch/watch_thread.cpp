#include "profiler/watch/watch_thread.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>

#include "pprof/recording.h"
#include "profiler/signal_safe/hooks/on_watch_signal.h"
#include "profiler/sys/memory/pages.h"
#include "profiler/sys/process/command_line.h"
#include "profiler/sys/thread/own_descriptors.h"
#include "profiler/sys/thread/tasks.h"
#include "profiler/sys/thread/thread_signal.h"
#include "profiler/sys/time/clock.h"
#include "profiler/watch/capture_list.h"

namespace pprof::watch {
namespace {

constexpr int64_t kMillisecond = 1000000;
constexpr int64_t kSecond = 1000 * kMillisecond;
constexpr int64_t kTick = 100 * kMillisecond;
constexpr int64_t kShortestTick = 10 * kMillisecond;
// Nothing takes memory faster: touching new pages costs the kernel 0.25 us each.
constexpr double kFastestBytesPerNano = 2;
// Below this share file caches need not be told apart, and nobody asks how the process died.
constexpr double kCalm = 0.5;
constexpr int64_t kCalmBeat = 10 * kSecond;
constexpr int kMostRemovedForOne = 3;  // on a full disk

// What the watch itself does is touched before memory is short.
CaptureMemory* MakeMemory() {
  void* pages = sys::MapPages(sizeof(CaptureMemory));
  if (pages == nullptr) return nullptr;
  std::memset(pages, 1, sizeof(CaptureMemory));  // zeros alone may remain the kernel's page
  std::memset(pages, 0, sizeof(CaptureMemory));
  auto* memory = static_cast<CaptureMemory*>(pages);
  sys::ProgramPath().copy(memory->program, sizeof memory->program - 1);
  memory->command_line_bytes =
      sys::RedactedCommandLine().copy(memory->command_line, sizeof memory->command_line);
  return memory;
}

}  // namespace

WatchThread::WatchThread(const WatchOptions& options)
    : options_(options),
      rules_(options, static_cast<int64_t>(sys::MonotonicNanos())),
      followers_(options_),
      learner_(
          [this](const auto& profile, const auto& symbols, uint64_t unloaded) {
            const sys::MutexLock lock(capture_mutex_);
            memory_->names.Add(profile, symbols, unloaded);
          },
          [this] { return IsStopping(); }) {}

WatchThread::~WatchThread() {
  Stop();
  if (memory_ != nullptr) sys::UnmapPages(memory_, sizeof *memory_);
}

Status WatchThread::Start() {
  if (options_.signal != 0) {
    const auto owner = sys::OwnerOfSignal(options_.signal, signal_safe::OnWatchSignal);
    const bool free = owner == sys::SignalOwner::kDefault || owner == sys::SignalOwner::kOurs;
    if (!free || !sys::InstallHandler(options_.signal, signal_safe::OnWatchSignal)) {
      return {StatusCode::kConflict, "signal " + std::to_string(options_.signal) +
                                         " is handled by other code; choose another one"};
    }
  }
  thread_ = sys::OwnThread::Start("pprof-watch", [this] { Run(); });
  if (!thread_.running() || !followers_.Start()) {
    return {StatusCode::kInternal,
            "no thread \"pprof-watch\": " + std::generic_category().message(errno)};
  }
  const sys::MutexLock lock(mutex_);
  while (!opened_) changed_.Wait(mutex_);
  return status_;
}

void WatchThread::Stop() {
  {
    const sys::MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  thread_.Join();
  followers_.Stop();
}

bool WatchThread::WaitUntilStopped(int64_t nanos) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(nanos);
  const sys::MutexLock lock(mutex_);
  while (!stopping_ && changed_.WaitUntil(mutex_, end)) {
  }
  return stopping_;
}

void WatchThread::Run() {
  sys::UnshareDescriptors();
  Files files;
  const Status opened = Open(&files);
  {
    const sys::MutexLock lock(mutex_);
    opened_ = true;
    status_ = opened;
  }
  changed_.NotifyAll();
  if (!opened.ok()) return;
  int64_t wait = 0;
  do {
    wait = Look(&files);
    // A pause first: notices may come in a storm, where file caches fill the limit.
    const bool stopped = WaitUntilStopped(files.notice.any() ? kShortestTick : wait);
    if (stopped) break;
    if (files.notice.any()) files.notice.Wait(wait - kShortestTick);
  } while (!IsStopping());
  learner_.Join();
  cpu_thread_.Join();
  const sys::MutexLock lock(capture_mutex_);
  state_.ended = true;
  record_.Write(state_);
}

Status WatchThread::Open(Files* files) {
  std::string why_not;
  files->folder = sys::PrivateFolder::Open(options_.folder, &why_not);
  if (!files->folder.is_open()) return {StatusCode::kInvalidArgument, why_not};
  RemoveLeftovers(files->folder);
  last_deaths_ = ReadDeaths(files->folder, files->levels.KillsByKernel());
  if (!record_.Make(files->folder)) {
    return {StatusCode::kInvalidArgument,
            options_.folder + " cannot be written to: " + std::generic_category().message(errno)};
  }
  const sys::MutexLock lock(capture_mutex_);
  memory_ = MakeMemory();
  if (memory_ == nullptr) return {StatusCode::kInternal, "no memory to reserve for captures"};
  return {};
}

// Returns the nanoseconds until the next look: memory cannot reach the next share earlier.
int64_t WatchThread::Look(Files* files) {
  const auto now = static_cast<int64_t>(sys::MonotonicNanos());
  const bool each_second = now - reading_.nanos >= kSecond;
  const sys::MemoryLevel level = files->levels.Fullest(each_second ? 0 : kCalm);
  Beat(files, level, now);
  // Between the seconds only memory is looked at.
  if (each_second) reading_ = ReadProcess(*files, level, now);
  Reading reading = reading_;
  reading.nanos = now;
  reading.share = level.share();
  reading.asked = signal_safe::capture_asked.exchange(false, std::memory_order_relaxed);
  if (const char* reason = rules_.Check(reading)) {
    const sys::MutexLock lock(capture_mutex_);
    const auto captured = CaptureWith(files->folder, files->levels, reason);
    if (captured.ok() && std::string_view(reason) == "cpu") {
      cpu_thread_.Join();
      cpu_thread_ =
          sys::OwnThread::Start("pprof-cpu", [this, name = captured.value()] { RecordCpu(name); });
    }
  }
  learner_.StartIfDue(level, now);
  const double headroom =
      (rules_.NextShare(level.share()) - level.share()) * static_cast<double>(level.limit);
  return std::clamp(static_cast<int64_t>(std::min(headroom / kFastestBytesPerNano, 1e18)),
                    kShortestTick, kTick);
}

Reading WatchThread::ReadProcess(const Files& files, const sys::MemoryLevel& level, int64_t now) {
  Reading reading;
  reading.nanos = now;
  reading.limit = static_cast<double>(level.limit);
  reading.resident = static_cast<double>(files.levels.ResidentBytes());
  reading.cpu_nanos = sys::ProcessCpuNanos();
  reading.threads = sys::CountTasks();
  if (options_.lock_wait.count() > 0) {
    const LockWaits::Found found =
        lock_waits_.Look(now, std::chrono::nanoseconds(options_.lock_wait).count());
    reading.lock_waits = found.long_wait;
    reading.deadlock = found.deadlock;
  }
  return reading;
}

void WatchThread::Beat(Files* files, const sys::MemoryLevel& level, int64_t now) {
  if (level.share() < kCalm && now < files->next_beat) return;
  files->next_beat = now + kCalmBeat;
  const sys::MutexLock lock(capture_mutex_);
  state_.wall_nanos = sys::WallNanos();
  state_.used = level.used;
  state_.limit = level.limit;
  state_.kills = files->levels.KillsByKernel();
  record_.Write(state_);
}

Result<std::string> WatchThread::CaptureWith(const sys::PrivateFolder& folder,
                                             const sys::MemoryLevels& levels,
                                             std::string_view reason) {
  CaptureFiles capture(&folder, record_.pending(), memory_, &levels);
  const CaptureCause cause{reason, levels.Fullest(), sys::WallNanos()};
  int error = capture.WriteFirst(cause);
  for (int tries = 0; error == ENOSPC && tries < kMostRemovedForOne; ++tries) {
    std::vector<CaptureInfo> captures = ListCaptures(folder);
    const auto surplus = SurplusOf(captures, "", {captures.size() - 1, UINT64_MAX});
    if (captures.empty() || surplus.empty()) break;
    RemoveCapture(folder, surplus.front());
    error = capture.WriteFirst(cause);
  }
  if (error != 0) {
    return Status(StatusCode::kInternal, "a capture in " + options_.folder + ": " +
                                             std::generic_category().message(error));
  }
  // Before anything else: whoever looks for the cause of a death finds it by this.
  std::memcpy(state_.capture, capture.name().text, sizeof state_.capture);
  record_.Write(state_);
  capture.AddTables();
  capture.AddNames();
  std::string name(capture.name().text);
  Tidy(folder, name, cause.level.used);
  return name;
}

void WatchThread::Tidy(const sys::PrivateFolder& folder, const std::string& newest, uint64_t used) {
  if (const std::string oldest = ramp_up_.Add(newest, used); !oldest.empty()) {
    RemoveCapture(folder, oldest);
  }
  const std::vector<CaptureInfo> captures = ListCaptures(folder);
  for (const std::string& name : SurplusOf(captures, newest, {})) {
    RemoveCapture(folder, name);
  }
  const auto is_newest = [&](const CaptureInfo& info) { return info.name == newest; };
  const auto at = std::find_if(captures.begin(), captures.end(), is_newest);
  if (at != captures.end()) followers_.Add(*at);
}

// On a thread of its own.
void WatchThread::RecordCpu(const std::string& capture) {
  constexpr int64_t kRecorded = 10 * kSecond;
  auto recording = Recording::Start("profile");
  if (!recording.ok() || WaitUntilStopped(kRecorded)) return;
  const Result<Snapshot> cpu = std::move(recording).value().Stop();
  std::string why_not;
  const sys::PrivateFolder folder = sys::PrivateFolder::Open(options_.folder, &why_not);
  const sys::MutexLock lock(capture_mutex_);
  if (cpu.ok()) CaptureFiles::AddProfile(folder, capture, cpu.value(), memory_);
}

Result<std::string> WatchThread::Capture(std::string_view reason) {
  std::string why_not;
  const sys::PrivateFolder folder = sys::PrivateFolder::Open(options_.folder, &why_not);
  if (!folder.is_open()) return Status(StatusCode::kInternal, why_not);
  const sys::MemoryLevels levels;
  const sys::MutexLock lock(capture_mutex_);
  return CaptureWith(folder, levels, reason);
}

}  // namespace pprof::watch
