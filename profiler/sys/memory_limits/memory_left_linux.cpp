#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "profiler/sys/memory_limits/memory_group.h"
#include "profiler/sys/memory_limits/memory_left.h"

namespace pprof::sys {
namespace {

constexpr size_t kMostBytes = size_t{16} << 10;

std::string ReadText(const std::string& path) {
  std::string text;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  char buffer[4096];
  while (text.size() < kMostBytes) {
    const ssize_t got = read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer, static_cast<size_t>(got));
  }
  close(fd);
  return text;
}

MemoryLimit LimitIn(const std::string& folder, int version) {
  const MemoryGroupFiles& files = FilesOfGroup(version);
  MemoryLimit limit;
  const uint64_t bytes = NumberAfter(ReadText(folder + "/" + files.limit), "", UINT64_MAX);
  const std::string usage = ReadText(folder + "/" + files.usage);
  if (bytes == UINT64_MAX || usage.empty()) return limit;
  limit.bytes = bytes;
  limit.used = NumberAfter(usage, "", 0);
  const std::string stat = ReadText(folder + "/memory.stat");
  for (const char* cache : files.caches) {
    limit.used -= std::min(limit.used, NumberAfter(stat, cache, 0));
  }
  limit.source = "cgroup v" + std::to_string(version) + " " + files.limit;
  return limit;
}

MemoryLimit LimitOfMachine() {
  const std::string text = ReadText("/proc/meminfo");
  MemoryLimit limit;
  const uint64_t total = NumberAfter(text, "MemTotal:", 0);
  const uint64_t available = NumberAfter(text, "\nMemAvailable:", total);
  if (total == 0) return limit;
  limit.bytes = total << 10;  // both are in KiB
  limit.used = limit.bytes - (std::min(available, total) << 10);
  limit.source = "MemTotal of /proc/meminfo";
  return limit;
}

uint64_t LeftOf(const MemoryLimit& limit) {
  return limit.bytes == UINT64_MAX ? UINT64_MAX : limit.bytes - std::min(limit.bytes, limit.used);
}

// Calls visit(limit) for the machine and for each group.
template <class Visit>
void ForEachLimit(Visit visit) {
  visit(LimitOfMachine());
  const MemoryGroup group = ParseMemoryGroup(ReadText("/proc/self/cgroup"));
  for (const std::string& folder : FoldersOf(group)) visit(LimitIn(folder, group.version));
}

}  // namespace

uint64_t MemoryLeft() {
  uint64_t left = UINT64_MAX;
  ForEachLimit([&](const MemoryLimit& limit) { left = std::min(left, LeftOf(limit)); });
  return left;
}

MemoryLimit ReadMemoryLimit() {
  MemoryLimit least;
  ForEachLimit([&](MemoryLimit limit) {
    if (limit.bytes < least.bytes) least = std::move(limit);
  });
  return least;
}

}  // namespace pprof::sys
