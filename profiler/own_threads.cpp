#include "pprof/own_threads.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include "profiler/profiles/heap/allocator_stats.h"
#include "profiler/sys/thread/own_thread.h"

namespace pprof {

struct OwnThread::Impl {
  sys::OwnThread thread;
};

Result<OwnThread> OwnThread::Start(const char* name, std::function<void()> body) {
  auto impl = std::make_unique<Impl>();
  impl->thread = sys::OwnThread::Start(name, std::move(body));
  if (impl->thread.running()) return OwnThread(std::move(impl));
  return Status(StatusCode::kInternal, std::string("no thread \"") + name +
                                           "\": " + std::generic_category().message(errno));
}

OwnThread::OwnThread(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OwnThread::OwnThread(OwnThread&&) noexcept = default;
OwnThread& OwnThread::operator=(OwnThread&&) noexcept = default;
OwnThread::~OwnThread() = default;

ScopedOwnThreads::ScopedOwnThreads() : before_(sys::SetCreatesOwnThreads(true)) {}

ScopedOwnThreads::~ScopedOwnThreads() { sys::SetCreatesOwnThreads(before_); }

size_t FreeAllocatorBytes() { return profiles::FreePageBytes(); }

void GiveBackMemory(size_t free_before) {
  constexpr int kTries = 4;  // tcmalloc subtracts what it released too much at earlier requests
  profiles::EmptyThreadCache();
  for (int i = 0; i < kTries; ++i) {
    const size_t free_now = profiles::FreePageBytes();
    if (free_now <= free_before) return;
    profiles::ReleaseFreePages(free_now - free_before);
  }
}

}  // namespace pprof
