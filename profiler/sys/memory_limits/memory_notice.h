// The kernel's own notice that memory gets short, where it gives one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace pprof::sys {

// Version 1: a notice for each share of the limit that is reached (cgroup.event_control). Version
// 2: memory.events, when the group reaches its limit; and memory.pressure, after 100 ms of waiting
// for memory within a second. Needs the right to write to some of these files; without it there are
// fewer notices, or none. REQUIRES: used by the thread that made it.
// Thread safety: belongs to that thread. Not async-signal-safe: opens files, allocates.
class MemoryNotice {
 public:
  // `folder`: of the group; `version`: 1 or 2; 0: no group.
  MemoryNotice(const std::string& folder, int version, std::initializer_list<double> shares);
  ~MemoryNotice();
  MemoryNotice(const MemoryNotice&) = delete;
  MemoryNotice& operator=(const MemoryNotice&) = delete;

  // Whether there may be any.
  bool any() const { return count_ > 0; }

  // Waits for a notice, but not longer than `nanos`. Returns at once after a notice that has not
  // been waited for. Allocates nothing.
  void Wait(int64_t nanos);

 private:
  static constexpr size_t kMost = 3;

  struct Source {
    int fd;
    short events;
  };
  void Add(int fd, short events);
  void AddThresholds(const std::string& folder, std::initializer_list<double> shares);

  Source sources_[kMost];
  size_t count_ = 0;
};

}  // namespace pprof::sys
