// Every limit of memory that the kernel holds this process to, with how much of each is used. The
// files stay open, so that the next reading costs microseconds, no memory and no free descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace pprof::sys {

// One limit. Without `source` there is none.
struct MemoryLevel {
  uint64_t limit = UINT64_MAX;   // bytes
  uint64_t used = 0;             // bytes, without file caches that the kernel drops before it kills
  const char* source = nullptr;  // "memory.max", "memory.limit_in_bytes", "RLIMIT_AS" or "MemTotal"

  double share() const {
    return limit == 0 ? 1 : static_cast<double>(used) / static_cast<double>(limit);
  }
  uint64_t left() const { return limit - (used < limit ? used : limit); }
};

// The memory cgroup of this process and all groups above it that it can see, version 1 or 2, also
// where both are mounted; the limit of its address space; the memory of the machine.
// REQUIRES: used by threads with the descriptors of the one that made it. Thread safety: safe.
class MemoryLevels {
 public:
  // `root` is put before all paths: for tests with a tree of files. Not async-signal-safe: opens
  // files, allocates.
  explicit MemoryLevels(const std::string& root = "");
  ~MemoryLevels();
  MemoryLevels(const MemoryLevels&) = delete;
  MemoryLevels& operator=(const MemoryLevels&) = delete;

  // The level with the largest share in use, under the limits as they were read last. Shares below
  // `caches_from` may include file caches, which take 30 us to subtract. 3 us for each level.
  // Allocates nothing.
  MemoryLevel Fullest(double caches_from = 0) const;

  // Reads the limits again, for they may be changed. The constructor has read them. Allocates
  // nothing. Thread safety: not beside other calls.
  void ReadLimits();

  // Resident memory of the process in bytes. Allocates nothing.
  uint64_t ResidentBytes() const;

  // How often the kernel has killed a process of the group for lack of memory (oom_kill); -1:
  // unknown. Allocates nothing.
  int64_t KillsByKernel() const;

  // The group's folder, e.g. "/sys/fs/cgroup/memory/docker/17"; empty: none. And its version.
  const std::string& folder() const { return folder_; }
  int version() const { return version_; }

 private:
  static constexpr size_t kMostGroups = 16;
  struct Group {
    int limit;
    int usage;
    int stat;
    uint64_t limit_bytes;  // UINT64_MAX: none
  };

  void OpenGroup(const std::string& folder);
  MemoryLevel OfGroup(const Group& group, double caches_from) const;
  MemoryLevel OfAddressSpace() const;
  MemoryLevel OfMachine() const;

  std::string folder_;
  int version_ = 0;
  Group groups_[kMostGroups];
  size_t group_count_ = 0;
  int kills_ = -1;
  int statm_;
  int meminfo_;
  uint64_t machine_;                     // bytes; 0: unknown
  uint64_t address_space_ = UINT64_MAX;  // bytes; UINT64_MAX: no limit
};

}  // namespace pprof::sys
