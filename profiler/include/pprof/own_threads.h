// Threads that serve the profiler, not the program. They are left out of goroutine (unless self=1),
// wall and block, like those of pprof::http::Server and of recordings.
//
//   auto uploader = pprof::OwnThread::Start("uploader", [] { UploadProfiles(); });
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "pprof/status.h"

namespace pprof {

// A profiler thread: blocks all signals, has an 8 MiB stack, and an exception that leaves `body`
// ends only the thread. The destructor joins it, except in a forked child, which does not have it.
// Thread safety: one thread owns the object. Not async-signal-safe: allocates.
class [[nodiscard]] OwnThread {
 public:
  // `name`: up to 15 characters, copied.
  // Errors: kInternal with the system's message when the thread cannot be created.
  static Result<OwnThread> Start(const char* name, std::function<void()> body);

  OwnThread(OwnThread&&) noexcept;
  OwnThread& operator=(OwnThread&&) noexcept;
  OwnThread(const OwnThread&) = delete;
  OwnThread& operator=(const OwnThread&) = delete;
  ~OwnThread();

 private:
  struct Impl;
  explicit OwnThread(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Marks all threads that the calling thread creates in this scope as profiler threads. Threads they
// create in turn are not marked. May be nested.
// Thread safety: belongs to the thread that made it. Async-signal-safe.
class ScopedOwnThreads {
 public:
  ScopedOwnThreads();
  ~ScopedOwnThreads();
  ScopedOwnThreads(const ScopedOwnThreads&) = delete;
  ScopedOwnThreads& operator=(const ScopedOwnThreads&) = delete;

 private:
  bool before_;
};

// Bytes that the allocator has free in whole pages; 0 without tcmalloc.
// Thread safety: safe. Not async-signal-safe: takes tcmalloc's locks.
size_t FreeAllocatorBytes();

// Returns the calling thread's allocator cache to the central free lists, and to the system what is
// free in whole pages beyond `free_before`. For profiler threads between two jobs: each would
// otherwise retain up to megabytes, and the allocator what the largest profile took. Does nothing
// without tcmalloc. Thread safety: safe. Not async-signal-safe: takes tcmalloc's locks.
void GiveBackMemory(size_t free_before);

}  // namespace pprof
