#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "profiler/sys/memory_limits/memory_group.h"
#include "profiler/sys/memory_limits/memory_levels.h"

namespace pprof::sys {
namespace {

constexpr size_t kMostBytes = size_t{8} << 10;  // memory.stat has 2 to 4 KiB
constexpr uint64_t kOwnPart = 4;

// What a file has now. A file of the kernel is made anew by each read from its start.
class FileText {
 public:
  explicit FileText(int fd) {
    ssize_t got = 0;
    do {
      got = pread(fd, bytes_, sizeof bytes_, 0);
    } while (got < 0 && errno == EINTR);
    size_ = got < 0 ? 0 : static_cast<size_t>(got);
  }
  bool empty() const { return size_ == 0; }

  uint64_t NumberAfter(std::string_view key, uint64_t otherwise) const {
    return sys::NumberAfter({bytes_, size_}, key, otherwise);
  }

 private:
  char bytes_[kMostBytes];
  size_t size_;
};

int OpenFile(const std::string& path) { return open(path.c_str(), O_RDONLY | O_CLOEXEC); }

std::string ReadGroups(const std::string& root) {
  const int fd = OpenFile(root + "/proc/self/cgroup");
  std::string text(kMostBytes, '\0');
  const ssize_t got = fd < 0 ? 0 : read(fd, text.data(), text.size());
  if (fd >= 0) close(fd);
  text.resize(got < 0 ? 0 : static_cast<size_t>(got));
  return text;
}

void Close(int fd) {
  if (fd >= 0) close(fd);
}

}  // namespace

MemoryLevels::MemoryLevels(const std::string& root)
    : statm_(OpenFile(root + "/proc/self/statm")), meminfo_(OpenFile(root + "/proc/meminfo")) {
  machine_ = FileText(meminfo_).NumberAfter("MemTotal:", 0) << 10;
  const MemoryGroup group = ParseMemoryGroup(ReadGroups(root));
  version_ = group.version;
  for (const std::string& folder : FoldersOf(group)) OpenGroup(root + folder);
  ReadLimits();
}

MemoryLevels::~MemoryLevels() {
  for (size_t i = 0; i < group_count_; ++i) {
    for (const int fd : {groups_[i].limit, groups_[i].usage, groups_[i].stat}) Close(fd);
  }
  for (const int fd : {kills_, statm_, meminfo_}) Close(fd);
}

void MemoryLevels::OpenGroup(const std::string& folder) {
  const MemoryGroupFiles& files = FilesOfGroup(version_);
  const int usage = OpenFile(folder + "/" + files.usage);
  if (usage < 0 || group_count_ == kMostGroups) return Close(usage);  // the root of version 2
  groups_[group_count_++] = {OpenFile(folder + "/" + files.limit), usage,
                             OpenFile(folder + "/memory.stat"), UINT64_MAX};
  if (!folder_.empty()) return;
  folder_ = folder;
  kills_ = OpenFile(folder + "/" + files.kills);
}

void MemoryLevels::ReadLimits() {
  // Version 1 has for "none" the largest number of whole pages.
  constexpr uint64_t kNone = uint64_t{INT64_MAX} - 0xffff;
  for (size_t i = 0; i < group_count_; ++i) {
    const uint64_t limit = FileText(groups_[i].limit).NumberAfter("", UINT64_MAX);
    groups_[i].limit_bytes = limit < kNone ? limit : UINT64_MAX;
  }
  rlimit space{};
  const bool limited = getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY;
  address_space_ = limited ? space.rlim_cur : UINT64_MAX;
}

MemoryLevel MemoryLevels::OfGroup(const Group& group, double caches_from) const {
  const MemoryGroupFiles& files = FilesOfGroup(version_);
  MemoryLevel level;
  level.limit = group.limit_bytes;
  if (level.limit == UINT64_MAX) return {};
  const FileText usage(group.usage);
  if (usage.empty()) return {};
  level.source = files.limit;
  level.used = usage.NumberAfter("", 0);
  if (level.share() < caches_from) return level;
  const FileText stat(group.stat);
  for (const char* cache : files.caches) {
    level.used -= std::min(level.used, stat.NumberAfter(cache, 0));
  }
  return level;
}

MemoryLevel MemoryLevels::OfAddressSpace() const {
  if (address_space_ == UINT64_MAX) return {};
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return {address_space_, FileText(statm_).NumberAfter("", 0) * page, "RLIMIT_AS"};
}

// That others fill the machine is nothing that a capture of this process would explain.
MemoryLevel MemoryLevels::OfMachine() const {
  if (machine_ == 0) return {};
  const uint64_t own = ResidentBytes();
  if (own < machine_ / kOwnPart) return {machine_, own, "MemTotal"};
  const uint64_t available = FileText(meminfo_).NumberAfter("\nMemAvailable:", 0) << 10;
  return {machine_, machine_ - std::min(available, machine_), "MemTotal"};
}

uint64_t MemoryLevels::ResidentBytes() const {
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return FileText(statm_).NumberAfter(" ", 0) * page;
}

MemoryLevel MemoryLevels::Fullest(double caches_from) const {
  MemoryLevel fullest = OfMachine();
  const auto take = [&](const MemoryLevel& level) {
    const bool fuller = fullest.source == nullptr || level.share() > fullest.share();
    if (level.source != nullptr && fuller) fullest = level;
  };
  take(OfAddressSpace());
  for (size_t i = 0; i < group_count_; ++i) take(OfGroup(groups_[i], caches_from));
  return fullest;
}

int64_t MemoryLevels::KillsByKernel() const {
  if (kills_ < 0) return -1;
  return static_cast<int64_t>(FileText(kills_).NumberAfter("oom_kill ", UINT64_MAX));
}

}  // namespace pprof::sys
