// The files of one capture. The first part allocates nothing; the second makes it better if there
// is still memory and time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "pprof/pprof.h"
#include "profiler/sys/files/private_folder.h"
#include "profiler/sys/memory_limits/memory_levels.h"
#include "profiler/watch/capture/address_profile.h"
#include "profiler/watch/capture/capture_memory.h"
#include "profiler/watch/folder/capture_name.h"

namespace pprof::watch {

struct CaptureCause {
  std::string_view reason;  // IsReason()
  sys::MemoryLevel level;   // at that moment
  int64_t wall_nanos = 0;
};

// Thread safety: one thread at a time; the memory belongs to one object at a time, but not after
// AddTables().
class CaptureFiles {
 public:
  // `pending`: the name of the folder that a capture is written to before it has its own name.
  // REQUIRES: all outlive the object.
  CaptureFiles(const sys::PrivateFolder* base, const char* pending, CaptureMemory* memory,
               const sys::MemoryLevels* levels);

  // Writes heap, limits, files of the system, and what the capture is; then syncs and gives the
  // folder its name. 0, or the errno of what failed: there is no new folder then. Allocates
  // nothing.
  int WriteFirst(const CaptureCause& cause);

  // Adds peak, allocs and smaps_rollup to it. Allocates nothing.
  void AddTables();

  // Adds the history, the stacks of all threads, and replaces the profiles by those that a server
  // would answer, each as long as enough memory is left. Not async-signal-safe: allocates.
  void AddNames();

  // Adds another profile. Not async-signal-safe: allocates.
  bool AddProfile(const char* file, const Snapshot& snapshot, Format format = Format::kProto);

  const CaptureCause& cause() const { return cause_; }
  const CaptureName& name() const { return name_; }

 private:
  static constexpr size_t kMostMissing = 32;

  bool WriteProfile(const char* file, HeapKind kind);
  bool CopyFile(const char* from, const char* to);
  void WriteLimits();
  bool WriteAbout(const char* file, bool complete, char* buffer);
  bool Publish();
  bool WriteCommandLine();
  bool AddHistory(uint64_t least_left);
  bool Collected(const char* profile, const char* file, Format format, uint64_t least_left);
  void Miss(const char* file);

  const sys::PrivateFolder& base_;
  const char* const pending_;
  CaptureMemory& memory_;
  const sys::MemoryLevels& levels_;
  sys::PrivateFolder folder_;
  CaptureName name_{};
  CaptureCause cause_;
  const char* missing_[kMostMissing];
  size_t missing_count_ = 0;
};

}  // namespace pprof::watch
