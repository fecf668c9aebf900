#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string_view>
#include <system_error>

#include "profiler/sys/process/process.h"
#include "profiler/sys/process/process_usage.h"
#include "profiler/sys/time/clock.h"

namespace pprof::sys {
namespace {

constexpr int64_t kUnknown = ProcessUsage::kUnknown;

// /proc/self is that of the main thread, which may have ended; this one runs.
constexpr char kStatm[] = "/proc/thread-self/statm";
constexpr char kTasks[] = "/proc/self/task";
constexpr char kFiles[] = "/proc/self/fd";

int64_t MostOf(decltype(RLIMIT_AS) resource) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kUnknown;
  return static_cast<int64_t>(limit.rlim_cur);
}

// Takes the number that `text` starts with, and the blank behind it.
int64_t TakeNumber(std::string_view* text) {
  int64_t number = kUnknown;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc()) return kUnknown;
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  if (!text->empty()) text->remove_prefix(1);
  return number;
}

int64_t BytesOfPages(int64_t pages) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): a constant of the system
  return pages < 0 ? kUnknown : pages * sysconf(_SC_PAGESIZE);
}

// The number of `folder`'s entries but "." and "..". Not by a directory stream, whose 32 KiB of the
// program's heap would stand in every heap profile.
int64_t CountEntries(int folder) {
  if (lseek(folder, 0, SEEK_SET) != 0) return 0;
  alignas(dirent64) char entries[4096];
  int64_t count = 0;
  ssize_t got;
  while ((got = getdents64(folder, entries, sizeof entries)) > 0) {
    for (const char* at = entries; at < entries + got;) {
      const auto* entry = reinterpret_cast<const dirent64*>(at);
      count += entry->d_name[0] != '.' ? 1 : 0;
      at += entry->d_reclen;
    }
  }
  return count;
}

}  // namespace

ProcessUsageReader::ProcessUsageReader()
    : statm_(open(kStatm, O_RDONLY | O_CLOEXEC)),
      tasks_(open(kTasks, O_PATH | O_DIRECTORY | O_CLOEXEC)),
      files_(open(kFiles, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}

ProcessUsageReader::~ProcessUsageReader() {
  for (const int fd : {statm_, tasks_, files_}) {
    if (fd >= 0) close(fd);
  }
}

ProcessUsage ProcessUsageReader::Read() {
  ProcessUsage usage;
  char text[256];
  // proc(5): "SIZE RESIDENT ...", in pages.
  const ssize_t got = pread(statm_, text, sizeof text, 0);
  if (got > 0) {
    std::string_view rest(text, static_cast<size_t>(got));
    usage.virtual_bytes = BytesOfPages(TakeNumber(&rest));
    usage.resident_bytes = BytesOfPages(TakeNumber(&rest));
  }
  usage.cpu_nanos = ProcessCpuNanos();
  struct stat tasks {};
  constexpr int64_t kOwnLinks = 2;  // a directory's, besides one for each thread
  if (fstat(tasks_, &tasks) == 0 && tasks.st_nlink > kOwnLinks) {
    usage.threads = static_cast<int64_t>(tasks.st_nlink) - kOwnLinks;
  }
  usage.open_files = CountOpenFiles();
  return usage;
}

// Not by the size of the folder, which since Linux 6.2 is the number: it has one more for each
// thread that waits in accept(2).
int64_t ProcessUsageReader::CountOpenFiles() {
  constexpr int64_t kShare = 5000;
  const auto before = static_cast<int64_t>(MonotonicNanos());
  if (before < count_again_) return counted_;
  const int64_t count = CountEntries(files_);
  counted_ = count == 0 ? kUnknown : count;  // the main thread has ended: the folder is empty
  const auto after = static_cast<int64_t>(MonotonicNanos());
  count_again_ = after + (after - before) * kShare;
  return counted_;
}

int64_t MostOpenFiles() { return MostOf(RLIMIT_NOFILE); }
int64_t MostVirtualBytes() { return MostOf(RLIMIT_AS); }

std::string ProgramName() { return program_invocation_short_name; }

}  // namespace pprof::sys
