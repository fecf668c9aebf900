#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>

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
  const char* root;
  const char* limit;
  const char* usage;
  const char* caches[2];  // of the group and those below
};
constexpr GroupFiles kVersion1 = {"/sys/fs/cgroup/memory",
                                  "/memory.limit_in_bytes",
                                  "/memory.usage_in_bytes",
                                  {"\ntotal_inactive_file ", "\ntotal_active_file "}};
constexpr GroupFiles kVersion2 = {
    "/sys/fs/cgroup", "/memory.max", "/memory.current", {"\ninactive_file ", "\nactive_file "}};

uint64_t LeftIn(const GroupFiles& files, const std::string& group) {
  const std::string folder = files.root + group;
  const uint64_t limit = NumberAfter(ReadText(folder + files.limit), "", UINT64_MAX);
  const std::string usage = ReadText(folder + files.usage);
  if (limit == UINT64_MAX || usage.empty()) return UINT64_MAX;
  const std::string stat = ReadText(folder + "/memory.stat");
  uint64_t used = NumberAfter(usage, "", 0);
  for (const char* cache : files.caches) used -= std::min(used, NumberAfter(stat, cache, 0));
  return limit - std::min(limit, used);
}

uint64_t LeftInGroups() {
  const MemoryGroup group = ParseMemoryGroup(ReadText("/proc/self/cgroup"));
  if (group.version == 0) return UINT64_MAX;
  const GroupFiles& files = group.version == 1 ? kVersion1 : kVersion2;
  uint64_t left = UINT64_MAX;
  // Up to the root, which in a container is the container's own group.
  for (std::string path = group.path; !path.empty(); path.resize(path.rfind('/'))) {
    if (path != "/") left = std::min(left, LeftIn(files, path));
  }
  return std::min(left, LeftIn(files, ""));
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
  const uint64_t kilobytes =
      NumberAfter(ReadText("/proc/meminfo"), "\nMemAvailable:", UINT64_MAX >> 10);
  const uint64_t machine = kilobytes >= UINT64_MAX >> 10 ? UINT64_MAX : kilobytes << 10;
  return std::min(machine, LeftInGroups());
}

}  // namespace pprof::sys
