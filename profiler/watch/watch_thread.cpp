#include "profiler/watch/watch_thread.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <system_error>

#include "pprof/own_threads.h"
#include "profiler/model/snapshot_access.h"
#include "profiler/signal_safe/heap/heap_sampler.h"
#include "profiler/sys/memory/pages.h"
#include "profiler/sys/modules/loaded_code.h"
#include "profiler/sys/process/command_line.h"
#include "profiler/sys/process/process.h"
#include "profiler/sys/thread/own_descriptors.h"
#include "profiler/sys/time/clock.h"

namespace pprof::watch {
namespace {

constexpr int64_t kMillisecond = 1000000;
constexpr int64_t kTick = 100 * kMillisecond;
constexpr int64_t kShortestTick = 10 * kMillisecond;
// Nothing takes memory faster: touching new pages costs the kernel 0.25 us each.
constexpr double kFastestBytesPerNano = 2;
// Below this share file caches need not be told apart, and nobody asks how the process died.
constexpr double kCalm = 0.5;
constexpr int64_t kCalmBeat = 10000 * kMillisecond;

// Names are looked up again when there are new stacks, ever more rarely, and once more in each
// tenth of the limit from here on; not near the limit.
constexpr int64_t kFirstPause = 10000 * kMillisecond;
constexpr int64_t kLongestPause = 600000 * kMillisecond;
constexpr double kTenth = 0.1;
constexpr double kTooNear = 0.88;
constexpr uint64_t kNamesBytes = uint64_t{16} << 20;

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

struct WatchThread::Files {
  sys::PrivateFolder folder;
  sys::MemoryLevels levels;
  int64_t next_beat = 0;
};

WatchThread::~WatchThread() {
  Stop();
  if (memory_ != nullptr) sys::UnmapPages(memory_, sizeof *memory_);
}

Status WatchThread::Start() {
  thread_ = sys::OwnThread::Start("pprof-watch", [this] { Run(); });
  if (!thread_.running()) {
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
  while (!WaitUntilStopped(wait)) wait = Look(&files);
  names_thread_.Join();
  RunState state;
  state.ended = true;
  record_.Write(state);
}

Status WatchThread::Open(Files* files) {
  std::string why_not;
  files->folder = sys::PrivateFolder::Open(options_.folder, &why_not);
  if (!files->folder.is_open()) return {StatusCode::kInvalidArgument, why_not};
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
  const sys::MemoryLevel level = files->levels.Fullest(kCalm);
  const Reading reading{static_cast<int64_t>(sys::MonotonicNanos()), level.share()};
  const char* reason = rules_.Check(reading);
  Beat(files, level);
  if (reason != nullptr) {
    const sys::MutexLock lock(capture_mutex_);
    static_cast<void>(CaptureWith(files->folder, files->levels, reason));
  }
  LearnNamesIfDue(level);
  const double headroom =
      (rules_.NextShare(level.share()) - level.share()) * static_cast<double>(level.limit);
  return std::clamp(static_cast<int64_t>(std::min(headroom / kFastestBytesPerNano, 1e18)),
                    kShortestTick, kTick);
}

void WatchThread::LearnNamesIfDue(const sys::MemoryLevel& level) {
  if (learning_.load(std::memory_order_acquire)) return;
  names_thread_.Join();
  const size_t stacks = signal_safe::heap_sampler.stacks.size();
  if (level.share() > kTooNear || level.left() < kNamesBytes || stacks == stacks_learned_) return;
  const auto now = static_cast<int64_t>(sys::MonotonicNanos());
  const bool filled = level.share() > kCalm && level.share() > share_learned_ + kTenth;
  if (now < next_learning_ && !filled) return;
  learning_pause_ = std::clamp(2 * learning_pause_, kFirstPause, kLongestPause);
  next_learning_ = now + learning_pause_;
  share_learned_ = level.share();
  stacks_learned_ = stacks;
  learning_.store(true, std::memory_order_relaxed);
  names_thread_ = sys::OwnThread::Start("pprof-names", [this] { LearnNames(); });
  if (!names_thread_.running()) learning_.store(false, std::memory_order_relaxed);
}

// On a thread of its own, since it may take seconds.
void WatchThread::LearnNames() {
  constexpr int kNiceSteps = 10;
  sys::LowerOwnPriority(kNiceSteps);
  const size_t free_before = FreeAllocatorBytes();
  const uint64_t unloaded = sys::UnloadedCount();
  if (const auto heap = Collect("heap"); heap.ok()) {
    SymbolOptions options;
    options.cancelled = [this] { return WaitUntilStopped(0); };
    const SymbolizedSnapshot symbolized = heap.value().Symbolize(options);
    const sys::MutexLock lock(capture_mutex_);
    // Names of a module that was unloaded meanwhile may be those of other code by now.
    if (sys::UnloadedCount() == unloaded) {
      memory_->names.Add(model::SnapshotAccess::ProfileOf(heap.value()),
                         model::SnapshotAccess::SymbolsOf(symbolized), unloaded);
    }
  }
  GiveBackMemory(free_before);
  learning_.store(false, std::memory_order_release);
}

void WatchThread::Beat(Files* files, const sys::MemoryLevel& level) {
  const auto now = static_cast<int64_t>(sys::MonotonicNanos());
  if (level.share() < kCalm && now < files->next_beat) return;
  files->next_beat = now + kCalmBeat;
  const sys::MutexLock lock(capture_mutex_);
  RunState state;
  state.wall_nanos = sys::WallNanos();
  state.used = level.used;
  state.limit = level.limit;
  state.kills = files->levels.KillsByKernel();
  std::memcpy(state.capture, last_capture_.text, sizeof state.capture);
  record_.Write(state);
}

Result<std::string> WatchThread::CaptureWith(const sys::PrivateFolder& folder,
                                             const sys::MemoryLevels& levels,
                                             std::string_view reason) {
  CaptureFiles capture(&folder, record_.pending(), memory_, &levels);
  const int error = capture.WriteFirst({reason, levels.Fullest(), sys::WallNanos()});
  if (error != 0) {
    return Status(StatusCode::kInternal, "a capture in " + options_.folder + ": " +
                                             std::generic_category().message(error));
  }
  last_capture_ = capture.name();
  capture.AddTables();
  capture.AddNames();
  return std::string(capture.name().text);
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
