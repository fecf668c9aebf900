// The threads of this process, as /proc/self/task has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pprof::sys {

// While one lives, the calling thread reads the files of threads below one open folder: a third
// cheaper, for who reads many. Nothing but speed depends on it. Thread safety: a thread's own.
class ScopedTaskFolder {
 public:
  ScopedTaskFolder();
  ~ScopedTaskFolder();
  ScopedTaskFolder(const ScopedTaskFolder&) = delete;
  ScopedTaskFolder& operator=(const ScopedTaskFolder&) = delete;

 private:
  const int before_;
};

// Opens /proc/self/task/TID/name for reading; -1: errno says why. Ownership: the caller closes it.
int OpenTaskFile(int32_t tid, const char* name);

// Ids of all threads, ascending. Empty when /proc is not there.
// Thread safety: safe. Not signal-safe: allocates.
std::vector<int32_t> ListTasks();

// How many threads there are; 0 when /proc is not there. One system call.
size_t CountTasks();

// Whether a thread of this process has that id now. One system call.
bool IsTask(int32_t tid);

struct TaskStat {
  std::string name;          // as set by pthread_setname_np
  char state = '?';          // R running or runnable, S sleeping, D uninterruptible, T, t, Z, X
  uint64_t start_ticks = 0;  // since boot, in USER_HZ: tells a thread from a later one of its id
  int processor = 0;         // it ran on last
};

// False: the thread is gone, or /proc is not there.
bool ReadTaskStat(int32_t tid, TaskStat* stat);

// What a thread that waits in the kernel waits in.
struct TaskSyscall {
  bool in_kernel = false;  // false: it runs, or is about to
  int64_t number = -1;     // -1: not in a system call (e.g. a page fault)
  uint64_t arguments[6] = {};
  uintptr_t sp = 0;
  uintptr_t pc = 0;
  bool interrupted = false;  // by our own signal
};

enum class TaskRead { kOk, kGone, kRefused };  // refused: not dumpable, or hidden by a sandbox
TaskRead ReadTaskSyscall(int32_t tid, TaskSyscall* call);

// CPU time of a thread of this process in nanoseconds; false: it is gone. One system call.
// Signal-safe.
bool ThreadCpuNanos(int32_t tid, uint64_t* nanos);

// How long the thread has been ready to run without a CPU in all its life, in nanoseconds, from
// /proc/self/task/TID/schedstat. False: gone, or the kernel does not count it.
bool ThreadRunDelayNanos(int32_t tid, uint64_t* nanos);

// What a file descriptor is, e.g. "socket:[31]" or "/var/log/x"; empty: not open.
std::string DescriptorTarget(int fd);

}  // namespace pprof::sys
