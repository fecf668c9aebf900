#include "profiler/watch/watch_thread.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>

#include "pprof/recording.h"
#include "profiler/monitoring/history.h"
#include "profiler/monitoring/metrics.h"
#include "profiler/signal_safe/hooks/on_watch_signal.h"
#include "profiler/sys/memory/pages.h"
#include "profiler/sys/process/command_line.h"
#include "profiler/sys/thread/own_descriptors.h"
#include "profiler/sys/thread/tasks.h"
#include "profiler/sys/thread/thread_signal.h"
#include "profiler/sys/time/clock.h"
#include "profiler/watch/folder/capture_list.h"

namespace pprof::watch {
namespace {

constexpr int64_t kMillisecond = 1000000;
constexpr int64_t kSecond = 1000 * kMillisecond;
constexpr int64_t kTick = 100 * kMillisecond;
constexpr int64_t kCalmTick = 200 * kMillisecond;  // a look costs 50 us, most of it to wake up
constexpr int64_t kLongestTick = 500 * kMillisecond;
constexpr int64_t kShortestTick = 10 * kMillisecond;
// One thread does not take memory faster, for the kernel clears the pages. A longer tick than
// kCalmTick waits for no more than four of them could take.
constexpr double kFastestBytesPerNano = 2;
constexpr double kFastestOfFour = 4 * kFastestBytesPerNano;
// Below this share file caches need not be told apart, and nobody asks how the process died.
constexpr double kCalm = 0.5;
constexpr int64_t kCalmBeat = 10 * kSecond;
constexpr int kMostRemovedForOne = 3;  // on a full disk

// To the history and the metrics. Allocates nothing.
void Announce(const CaptureFiles& capture) {
  monitoring::History::MarkIfMade(monitoring::MarkKind::kCapture, capture.name().text);
  monitoring::captures_taken.fetch_add(1, std::memory_order_relaxed);
}

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

bool WatchThread::IsStopping() {
  const sys::MutexLock lock(mutex_);
  return stopping_;
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
    // Far from a limit no notice can tell anything new before the next look. Near one there is a
    // pause first: notices may come in a storm, where file caches fill the limit.
    const bool notices = files.notice.any() && is_near_;
    if (WaitUntilStopped(notices ? kShortestTick : wait)) break;
    if (notices) files.notice.Wait(wait - kShortestTick);
  } while (!IsStopping());
  learner_.Join();
  finish_thread_.Join();
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
  for (auto& capture : files->captures) {
    capture.emplace(&files->folder, record_.pending(), memory_, &files->levels);
  }
  return {};
}

// Returns the nanoseconds until the next look: memory cannot reach the next share earlier.
int64_t WatchThread::Look(Files* files) {
  const auto now = static_cast<int64_t>(sys::MonotonicNanos());
  const bool each_second = now - reading_.nanos >= kSecond;
  if (each_second) files->levels.ReadLimits();
  const sys::MemoryLevel level = files->levels.Fullest(each_second ? 0 : kCalm);
  Beat(files, level, now);
  // Between the seconds only memory is looked at.
  if (each_second) reading_ = ReadProcess(*files, level, now);
  Reading reading = reading_;
  reading.nanos = now;
  reading.share = level.share();
  reading.asked = signal_safe::capture_asked.exchange(false, std::memory_order_relaxed);
  if (const char* reason = rules_.Check(reading)) Take(files, reason);
  learner_.StartIfDue(level, now);
  is_near_ = level.share() >= kCalm;
  const double headroom =
      (rules_.NextShare(level.share()) - level.share()) * static_cast<double>(level.limit);
  const auto time_at = [&](double rate) {
    return static_cast<int64_t>(std::min(headroom / rate, 1e18));
  };
  const int64_t longest =
      is_near_ ? kTick : std::clamp(time_at(kFastestOfFour), kCalmTick, kLongestTick);
  return std::clamp(time_at(kFastestBytesPerNano), kShortestTick, longest);
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
  const sys::MutexLock lock(capture_mutex_);
  if (level.share() < kCalm && now < files->next_beat && !changed_capture_) return;
  changed_capture_ = false;
  files->next_beat = now + kCalmBeat;
  state_.wall_nanos = sys::WallNanos();
  state_.used = level.used;
  state_.limit = level.limit;
  state_.kills = files->levels.KillsByKernel();
  record_.Write(state_);
}

// The watch goes on while another thread finishes the capture. One at a time is finished.
void WatchThread::Take(Files* files, std::string_view reason) {
  CaptureFiles* capture = &*files->captures[files->next_capture];
  const bool finishing = finishing_.load(std::memory_order_acquire);
  {
    const sys::MutexLock lock(capture_mutex_);
    if (WriteFirst(capture, files->folder, files->levels, reason) != 0) return;
    // Before anything else: whoever looks for the cause of a death finds it by this.
    record_.Write(state_);
    capture->AddTables();
    Announce(*capture);
    if (finishing) return Tidy(*capture, files->folder);
  }
  finish_thread_.Join();
  finishing_.store(true, std::memory_order_relaxed);
  finish_thread_ = sys::OwnThread::Start("pprof-finish", [this, files, capture] {
    Finish(capture, files->folder);
    finishing_.store(false, std::memory_order_release);
  });
  if (!finish_thread_.running()) finishing_.store(false, std::memory_order_relaxed);
  files->next_capture = 1 - files->next_capture;
}

int WatchThread::WriteFirst(CaptureFiles* capture, const sys::PrivateFolder& folder,
                            const sys::MemoryLevels& levels, std::string_view reason) {
  const CaptureCause cause{reason, levels.Fullest(), sys::WallNanos()};
  int error = capture->WriteFirst(cause);
  for (int tries = 0; error == ENOSPC && tries < kMostRemovedForOne; ++tries) {
    const std::vector<CaptureInfo> captures = ListCaptures(folder);
    if (captures.empty()) break;
    const auto surplus = SurplusOf(captures, "", {captures.size() - 1, UINT64_MAX});
    if (surplus.empty()) break;
    RemoveCapture(folder, surplus.front());
    error = capture->WriteFirst(cause);
  }
  if (error == 0) std::memcpy(state_.capture, capture->name().text, sizeof state_.capture);
  return error;
}

void WatchThread::Finish(CaptureFiles* capture, const sys::PrivateFolder& folder) {
  capture->AddNames();
  if (capture->cause().reason == "cpu") RecordCpu(capture);
  const sys::MutexLock lock(capture_mutex_);
  Tidy(*capture, folder);
}

void WatchThread::RecordCpu(CaptureFiles* capture) {
  constexpr int64_t kRecorded = 10 * kSecond;
  auto recording = Recording::Start("profile");
  if (!recording.ok() || WaitUntilStopped(kRecorded)) return;
  const Result<Snapshot> cpu = std::move(recording).value().Stop();
  if (cpu.ok()) capture->AddProfile("cpu.pb.gz", cpu.value());
}

void WatchThread::Tidy(const CaptureFiles& capture, const sys::PrivateFolder& folder) {
  const std::string newest = capture.name().text;
  const std::string oldest = ramp_up_.Add(newest, capture.cause().level.used);
  if (!oldest.empty()) RemoveCapture(folder, oldest);
  const std::vector<CaptureInfo> captures = ListCaptures(folder);
  for (const std::string& name : SurplusOf(captures, newest, {})) RemoveCapture(folder, name);
  const auto is_newest = [&](const CaptureInfo& info) { return info.name == newest; };
  const auto at = std::find_if(captures.begin(), captures.end(), is_newest);
  if (at != captures.end()) followers_.Add(*at);
}

// The record is the watch's to write: its descriptor means nothing here.
Result<std::string> WatchThread::Capture(std::string_view reason) {
  std::string why_not;
  const sys::PrivateFolder folder = sys::PrivateFolder::Open(options_.folder, &why_not);
  if (!folder.is_open()) return Status(StatusCode::kInternal, why_not);
  const sys::MemoryLevels levels;
  std::optional<CaptureFiles> capture;
  {
    const sys::MutexLock lock(capture_mutex_);
    capture.emplace(&folder, record_.pending(), memory_, &levels);
    if (const int error = WriteFirst(&*capture, folder, levels, reason); error != 0) {
      return Status(StatusCode::kInternal, "a capture in " + options_.folder + ": " +
                                               std::generic_category().message(error));
    }
    capture->AddTables();
    Announce(*capture);
    changed_capture_ = true;
  }
  Finish(&*capture, folder);
  return std::string(capture->name().text);
}

}  // namespace pprof::watch
