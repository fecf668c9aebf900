// The thread behind pprof::Watch.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pprof/watch.h"
#include "profiler/sys/files/private_folder.h"
#include "profiler/sys/memory_limits/memory_levels.h"
#include "profiler/sys/memory_limits/memory_notice.h"
#include "profiler/sys/process/process.h"
#include "profiler/sys/thread/mutex.h"
#include "profiler/sys/thread/own_thread.h"
#include "profiler/watch/capture/capture_files.h"
#include "profiler/watch/capture/capture_memory.h"
#include "profiler/watch/capture/name_learner.h"
#include "profiler/watch/folder/retention.h"
#include "profiler/watch/folder/run_record.h"
#include "profiler/watch/followers.h"
#include "profiler/watch/lock_waits.h"
#include "profiler/watch/rules.h"

namespace pprof::watch {

// Thread safety: safe.
class WatchThread {
 public:
  explicit WatchThread(const WatchOptions& options);
  ~WatchThread();
  WatchThread(const WatchThread&) = delete;
  WatchThread& operator=(const WatchThread&) = delete;

  // Starts the thread, and waits until it watches. Errors: those of Watch::Start.
  Status Start();
  // Ends it.
  void Stop();

  // On the calling thread. REQUIRES: the thread shares no descriptors with the program.
  Result<std::string> Capture(std::string_view reason);

  const WatchOptions& options() const { return options_; }
  const std::vector<std::string>& last_deaths() const { return last_deaths_; }
  uint32_t process() const { return process_; }

 private:
  // Of one thread: its descriptors are no others'.
  struct Files {
    sys::PrivateFolder folder;
    sys::MemoryLevels levels;
    sys::MemoryNotice notice{
        levels.folder(), levels.version(), {0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97}};
    std::optional<CaptureFiles> captures[2];  // one is written while the other is finished
    size_t next_capture = 0;
    int64_t next_beat = 0;
  };

  void Run();
  Status Open(Files* files);
  bool IsStopping();
  bool WaitUntilStopped(int64_t nanos);
  int64_t Look(Files* files);
  Reading ReadProcess(const Files& files, const sys::MemoryLevel& level, int64_t now);
  void Beat(Files* files, const sys::MemoryLevel& level, int64_t now);
  void Take(Files* files, std::string_view reason);
  // 0, or an errno.
  int WriteFirst(CaptureFiles* capture, const sys::PrivateFolder& folder,
                 const sys::MemoryLevels& levels, std::string_view reason)
      PPROF_REQUIRES(capture_mutex_);
  void Finish(CaptureFiles* capture, const sys::PrivateFolder& folder);
  void RecordCpu(CaptureFiles* capture);
  void Tidy(const CaptureFiles& capture, const sys::PrivateFolder& folder)
      PPROF_REQUIRES(capture_mutex_);

  const WatchOptions options_;
  const uint32_t process_ = sys::ProcessGeneration();
  Rules rules_;
  LockWaits lock_waits_;
  Followers followers_;
  RunRecord record_;
  std::vector<std::string> last_deaths_;  // final once the thread watches
  sys::OwnThread thread_;
  sys::OwnThread finish_thread_;
  std::atomic<bool> finishing_{false};
  bool is_near_ = true;  // half of a limit is in use
  Reading reading_;      // the last one

  sys::Mutex capture_mutex_;
  CaptureMemory* memory_ PPROF_GUARDED_BY(capture_mutex_) = nullptr;
  RunState state_ PPROF_GUARDED_BY(capture_mutex_);                // as it was written last
  bool changed_capture_ PPROF_GUARDED_BY(capture_mutex_) = false;  // not yet in the record
  RampUp ramp_up_ PPROF_GUARDED_BY(capture_mutex_);
  NameLearner learner_;

  sys::Mutex mutex_;
  sys::CondVar changed_;
  bool opened_ PPROF_GUARDED_BY(mutex_) = false;
  bool stopping_ PPROF_GUARDED_BY(mutex_) = false;
  Status status_ PPROF_GUARDED_BY(mutex_);
};

}  // namespace pprof::watch
