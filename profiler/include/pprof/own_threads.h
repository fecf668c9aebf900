// Threads that serve profiling and not the program: left out of goroutine (but for self=1), wall and
// block, as those of pprof::http::Server and of recordings are.
//
//   const pprof::ScopedOwnThreads own;
//   uploader_ = std::thread([this] { UploadProfiles(); });
#pragma once

namespace pprof {

// Threads that the calling thread creates in this scope are the profiler's own. They do not pass it
// on to threads that they create. Nests.
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

}  // namespace pprof
