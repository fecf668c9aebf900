#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "profiler/sys/thread/tasks.h"
#include "profiler/sys/thread/this_thread.h"
#include "profiler/sys/thread/wait_time.h"
#include "profiler/sys/time/clock.h"

namespace pprof::sys {

// se.exec_start: "se.exec_start    :   3056.123456", milliseconds.
bool ReadLastRan(int32_t tid, int64_t* nanos) {
  char text[1024];
  const int fd = OpenTaskFile(tid, "sched");
  if (fd < 0) return false;
  const ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  if (length <= 0) return false;
  text[length] = '\0';
  const char* line = std::strstr(text, "se.exec_start");
  const char* colon = line == nullptr ? nullptr : std::strchr(line, ':');
  if (colon == nullptr) return false;
  *nanos = static_cast<int64_t>(std::strtod(colon + 1, nullptr) * 1e6);
  return true;
}

const int64_t* WaitTimeReader::OffsetOf(int processor) {
  const auto known = offsets_.find(processor);
  if (known != offsets_.end()) return &known->second;
  cpu_set_t before;
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(processor, &only);
  if (sched_getaffinity(0, sizeof before, &before) != 0 ||
      sched_setaffinity(0, sizeof only, &only) != 0) {
    return nullptr;
  }
  sched_yield();  // makes the kernel update exec_start
  int64_t started = 0;
  const bool read = ReadLastRan(ThreadId(), &started);
  const auto now = static_cast<int64_t>(MonotonicNanos());
  sched_setaffinity(0, sizeof before, &before);
  if (!read) return nullptr;
  return &(offsets_[processor] = now - started);
}

bool WaitTimeReader::NanosSince(int64_t ran, int processor, uint64_t* nanos) {
  if (processor < 0 || processor >= CPU_SETSIZE) return false;
  const int64_t* offset = OffsetOf(processor);
  if (offset == nullptr) return false;
  const int64_t since = static_cast<int64_t>(MonotonicNanos()) - (ran + *offset);
  *nanos = since > 0 ? static_cast<uint64_t>(since) : 0;
  return true;
}

}  // namespace pprof::sys
