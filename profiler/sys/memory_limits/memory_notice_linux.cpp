#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "profiler/sys/memory_limits/memory_notice.h"

namespace pprof::sys {
namespace {

// linux/Documentation/accounting/psi.rst: microseconds of waiting, within microseconds.
constexpr char kTrigger[] = "some 100000 1000000";

bool WriteText(int fd, const char* text, size_t size) {
  return write(fd, text, size) == static_cast<ssize_t>(size);
}

}  // namespace

MemoryNotice::MemoryNotice(const std::string& folder, int version,
                           std::initializer_list<double> shares) {
  if (version == 1) AddThresholds(folder, shares);
  if (version != 2) return;
  Add(open((folder + "/memory.events").c_str(), O_RDONLY | O_CLOEXEC), POLLPRI);
  const int pressure = open((folder + "/memory.pressure").c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (pressure < 0) return;
  const bool triggered = WriteText(pressure, kTrigger, sizeof kTrigger);
  triggered ? Add(pressure, POLLPRI) : static_cast<void>(close(pressure));
}

MemoryNotice::~MemoryNotice() {
  for (size_t i = 0; i < count_; ++i) close(sources_[i].fd);
}

void MemoryNotice::Add(int fd, short events) {
  if (fd >= 0 && count_ < kMost) sources_[count_++] = {fd, events};
}

// linux/Documentation/admin-guide/cgroup-v1/memory.rst, "Memory thresholds".
void MemoryNotice::AddThresholds(const std::string& folder, std::initializer_list<double> shares) {
  const int control = open((folder + "/cgroup.event_control").c_str(), O_WRONLY | O_CLOEXEC);
  const int usage = open((folder + "/memory.usage_in_bytes").c_str(), O_RDONLY | O_CLOEXEC);
  const int limit = open((folder + "/memory.limit_in_bytes").c_str(), O_RDONLY | O_CLOEXEC);
  const int events = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  char text[32] = "";
  bool known = control >= 0 && usage >= 0 && events >= 0 && limit >= 0 &&
               read(limit, text, sizeof text - 1) > 0;
  const double bytes = std::strtod(text, nullptr);
  for (const double share : shares) {
    const std::string line = std::to_string(events) + " " + std::to_string(usage) + " " +
                             std::to_string(static_cast<uint64_t>(bytes * share));
    known = known && WriteText(control, line.c_str(), line.size());
  }
  for (const int fd : {control, usage, limit}) {
    if (fd >= 0) close(fd);
  }
  if (known) return Add(events, POLLIN);
  if (events >= 0) close(events);
}

void MemoryNotice::Wait(int64_t nanos) {
  pollfd waits[kMost] = {};
  for (size_t i = 0; i < count_; ++i) waits[i] = {sources_[i].fd, sources_[i].events, 0};
  constexpr int64_t kMillisecond = 1000000;
  poll(waits, count_, static_cast<int>((nanos + kMillisecond - 1) / kMillisecond));
  for (size_t i = 0; i < count_; ++i) {
    char bytes[4096];
    // The counter of an eventfd, and of files what makes the next poll wait for the next change.
    if (waits[i].revents != 0 && waits[i].events == POLLIN) {
      static_cast<void>(!read(sources_[i].fd, bytes, sizeof(uint64_t)));
    } else if (waits[i].revents != 0) {
      static_cast<void>(!pread(sources_[i].fd, bytes, sizeof bytes, 0));
    }
  }
}

}  // namespace pprof::sys
