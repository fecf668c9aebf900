#include <algorithm>
#include <charconv>

#include "profiler/sys/memory_limits/memory_group.h"

namespace pprof::sys {
namespace {

constexpr const char* kMounts[] = {"/sys/fs/cgroup/memory", "/sys/fs/cgroup"};
constexpr MemoryGroupFiles kFiles[] = {
    {"memory.limit_in_bytes",
     "memory.usage_in_bytes",
     {"\ntotal_inactive_file ", "\ntotal_active_file "},
     "memory.oom_control"},
    {"memory.max", "memory.current", {"\ninactive_file ", "\nactive_file "}, "memory.events"}};

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

std::vector<std::string> FoldersOf(const MemoryGroup& group) {
  std::vector<std::string> folders;
  if (group.version == 0) return folders;
  const std::string mount = kMounts[group.version - 1];
  for (std::string path = group.path; path.size() > 1; path.resize(path.rfind('/'))) {
    folders.push_back(mount + path);
  }
  folders.push_back(mount);
  return folders;
}

const MemoryGroupFiles& FilesOfGroup(int version) { return kFiles[version - 1]; }

uint64_t NumberAfter(std::string_view text, std::string_view key, uint64_t otherwise) {
  const size_t at = text.find(key);
  if (at == std::string_view::npos) return otherwise;
  text.remove_prefix(at + key.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? number : otherwise;
}

}  // namespace pprof::sys
