// The thread behind pprof::Watch.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pprof/watch.h"
#include "profiler/sys/files/private_folder.h"
#include "profiler/sys/memory/memory_levels.h"
#include "profiler/sys/process/process.h"
#include "profiler/sys/thread/mutex.h"
#include "profiler/sys/thread/own_thread.h"
#include "profiler/watch/capture_files.h"
#include "profiler/watch/capture_memory.h"
#include "profiler/watch/rules.h"
#include "profiler/watch/run_record.h"

namespace pprof::watch {

// Thread safety: safe.
class WatchThread {
 public:
  explicit WatchThread(const WatchOptions& options) : options_(options), rules_(options) {}
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
  struct Files;  // of one thread: its descriptors are no others'

  void Run();
  Status Open(Files* files);
  bool WaitUntilStopped(int64_t nanos);
  int64_t Look(Files* files);
  void LearnNamesIfDue(const sys::MemoryLevel& level);
  void LearnNames();
  void Beat(Files* files, const sys::MemoryLevel& level);
  Result<std::string> CaptureWith(const sys::PrivateFolder& folder, const sys::MemoryLevels& levels,
                                  std::string_view reason) PPROF_REQUIRES(capture_mutex_);

  const WatchOptions options_;
  const uint32_t process_ = sys::ProcessGeneration();
  Rules rules_;
  RunRecord record_;
  std::vector<std::string> last_deaths_;  // final once the thread watches
  sys::OwnThread thread_;

  // Of the thread that watches, except for `learning_`.
  sys::OwnThread names_thread_;
  std::atomic<bool> learning_{false};
  size_t stacks_learned_ = 0;
  double share_learned_ = 0;
  int64_t next_learning_ = 0;
  int64_t learning_pause_ = 0;

  sys::Mutex capture_mutex_;
  CaptureMemory* memory_ PPROF_GUARDED_BY(capture_mutex_) = nullptr;
  CaptureName last_capture_ PPROF_GUARDED_BY(capture_mutex_) = {};

  sys::Mutex mutex_;
  sys::CondVar changed_;
  bool opened_ PPROF_GUARDED_BY(mutex_) = false;
  bool stopping_ PPROF_GUARDED_BY(mutex_) = false;
  Status status_ PPROF_GUARDED_BY(mutex_);
};

}  // namespace pprof::watch
