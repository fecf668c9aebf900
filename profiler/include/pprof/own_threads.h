// Threads that serve profiling and not the program: left out of goroutine (but for self=1), wall
// and block, as those of pprof::http::Server and of recordings are.
//
//   auto uploader = pprof::OwnThread::Start("uploader", [] { UploadProfiles(); });
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "pprof/status.h"

namespace pprof {

// Such a thread: it blocks all signals, has a stack of its own size whatever the program's default
// is, and an exception that leaves it ends nothing but the thread. Joined when destroyed.
// Thread safety: one thread owns the object. Not signal-safe: allocates.
class [[nodiscard]] OwnThread {
 public:
  // `name`: up to 15 characters, valid for ever. Errors: kInternal with the system's words when no
  // thread can be started.
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

// Threads that the calling thread creates in this scope, by whatever means, are the profiler's own.
// They do not pass it on to threads that they create. Nests.
// Thread safety: belongs to the thread that made it. Signal-safe.
class ScopedOwnThreads {
 public:
  ScopedOwnThreads();
  ~ScopedOwnThreads();
  ScopedOwnThreads(const ScopedOwnThreads&) = delete;
  ScopedOwnThreads& operator=(const ScopedOwnThreads&) = delete;

 private:
  bool before_;
};

// Gives the allocator's cache of the calling thread back to all threads. For own threads between
// two jobs: each would else keep up to megabytes for the next one. Nothing when another allocator
// is in use. Thread safety: safe. Not signal-safe: takes tcmalloc's locks.
void GiveBackThreadCache();

}  // namespace pprof
