// Threads that serve profiling and not the program: left out of goroutine (but for self=1), wall
// and block, as those of pprof::http::Server and of recordings are.
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

// What the allocator holds ready for the calling thread goes back to where all threads take from.
// For own threads between two jobs: a server's would each keep up to megabytes for the next
// profile. Nothing when another allocator is in use. Thread safety: safe. Not signal-safe: takes
// tcmalloc's locks.
void GiveBackThreadCache();

}  // namespace pprof
