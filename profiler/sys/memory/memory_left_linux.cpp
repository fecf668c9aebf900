#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <utility>

#include "profiler/sys/memory/memory_left.h"

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

// The number that starts the text after `key`, or `otherwise` (also for "max").
uint64_t NumberAfter(std::string_view text, std::string_view key, uint64_t otherwise) {
  const size_t at = text.find(key);
  if (at == std::string_view::npos) return otherwise;
  text.remove_prefix(at + key.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? number : otherwise;
}

struct GroupFiles {
  const char* source;
  const char* root;
  const char* limit;
  const char* usage;
  const char* caches[2];  // of the group and those below
};
constexpr GroupFiles kVersion1 = {"cgroup v1 memory.limit_in_bytes",
                                  "/sys/fs/cgroup/memory",
                                  "/memory.limit_in_bytes",
                                  "/memory.usage_in_bytes",
                                  {"\ntotal_inactive_file ", "\ntotal_active_file "}};
constexpr GroupFiles kVersion2 = {"cgroup v2 memory.max",
                                  "/sys/fs/cgroup",
                                  "/memory.max",
                                  "/memory.current",
                                  {"\ninactive_file ", "\nactive_file "}};

MemoryLimit LimitIn(const GroupFiles& files, const std::string& group) {
  const std::string folder = files.root + group;
  MemoryLimit limit;
  const uint64_t bytes = NumberAfter(ReadText(folder + files.limit), "", UINT64_MAX);
  const std::string usage = ReadText(folder + files.usage);
  if (bytes == UINT64_MAX || usage.empty()) return limit;
  limit.bytes = bytes;
  limit.used = NumberAfter(usage, "", 0);
  const std::string stat = ReadText(folder + "/memory.stat");
  for (const char* cache : files.caches) {
    limit.used -= std::min(limit.used, NumberAfter(stat, cache, 0));
  }
  limit.source = files.source;
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

// Calls visit(limit) for the machine and for each group, up to the root, which in a container is
// the container's own group.
template <class Visit>
void ForEachLimit(Visit visit) {
  visit(LimitOfMachine());
  const MemoryGroup group = ParseMemoryGroup(ReadText("/proc/self/cgroup"));
  if (group.version == 0) return;
  const GroupFiles& files = group.version == 1 ? kVersion1 : kVersion2;
  for (std::string path = group.path; !path.empty(); path.resize(path.rfind('/'))) {
    if (path != "/") visit(LimitIn(files, path));
  }
  visit(LimitIn(files, ""));
}

}  // namespace

// cgroups(7): "HIERARCHY:CONTROLLERS:PATH", version 2 has hierarchy 0 and no controllers.
MemoryGroup ParseMemoryGroup(const std::string& text) {
  MemoryGroup group;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    const std::string controllers =
        "," + std::string(line.substr(first + 1, second - first - 1)) + ",";
    const bool version1 = controllers.find(",memory,") != std::string::npos;
    if (!version1 && (controllers != ",," || group.version == 1)) continue;
    const std::string path(line.substr(second + 1));
    if (path.empty() || path.front() != '/') continue;
    group = {path, version1 ? 1 : 2};
  }
  return group;
}

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
