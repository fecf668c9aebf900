#include <dirent.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <exception>
#include <vector>

#include "profiler/sys/process/sanitizers.h"
#include "profiler/sys/thread/own_descriptors.h"
#include "profiler/sys/thread/own_thread.h"

namespace pprof::sys {
namespace {

thread_local bool has_own_table = false;

// linux/close_range.h; kernels before 5.9 and some sandboxes do not have the call.
constexpr unsigned kUnshare = 1U << 1;
constexpr unsigned kAll = ~0U;

bool UnshareAndCloseRanges(int keep) {
  if (keep < 0) return syscall(SYS_close_range, 0U, kAll, kUnshare) == 0;
  const auto kept = static_cast<unsigned>(keep);
  if (syscall(SYS_close_range, kept + 1, kAll, kUnshare) != 0) return false;
  if (kept > 0) syscall(SYS_close_range, 0U, kept - 1, 0U);
  return true;
}

// Without close_range: the table is copied first.
bool UnshareAndCloseEach(int keep) {
  if (unshare(CLONE_FILES) != 0) return false;
  constexpr int kMostWithoutProc = 1 << 16;
  std::vector<int> open;
  if (DIR* folder = opendir("/proc/thread-self/fd")) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this call's own
    while (const dirent* entry = readdir(folder)) open.push_back(std::atoi(entry->d_name));
    closedir(folder);
  } else {
    for (int fd = 0; fd < kMostWithoutProc; ++fd) open.push_back(fd);
  }
  // A copy that stays open would keep a socket of the program alive after the program closed it.
  for (const int fd : open) {
    if (fd != keep) close(fd);
  }
  return true;
}

// An eventfd takes no text: writes of other than 8 bytes fail.
void OccupyStandardDescriptors() {
  const int unusable = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  while (unusable >= 0 && unusable <= STDERR_FILENO) {
    const int next = dup(unusable);
    if (next > STDERR_FILENO) close(next);
    if (next < 0 || next > STDERR_FILENO) return;
  }
}

}  // namespace

bool UnshareDescriptors(int keep) {
  // ThreadSanitizer keeps one table of what it knows about each number. With two descriptors of the
  // same number it frees an entry twice, and the program's heap is corrupted.
  if (ThreadSanitizerIsPresent()) return false;
  const int saved_errno = errno;
  if (!has_own_table) {
    has_own_table = UnshareAndCloseRanges(keep) || UnshareAndCloseEach(keep);
    if (has_own_table) OccupyStandardDescriptors();
  }
  errno = saved_errno;
  return has_own_table;
}

void RunWithOwnDescriptors(const std::function<void()>& body) {
  if (has_own_table) return body();
  std::exception_ptr thrown;
  OwnThread thread = OwnThread::Start("pprof-files", [&] {
    UnshareDescriptors();
    try {
      body();
    } catch (...) {
      thrown = std::current_exception();
    }
  });
  if (!thread.running()) return body();
  thread.Join();
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace pprof::sys
