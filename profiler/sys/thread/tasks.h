// The threads of this process, from /proc/self/task. Not async-signal-safe unless stated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pprof::sys {

// While it lives, the calling thread reads threads' files relative to one open directory, which is
// a third cheaper for many reads. Affects nothing but speed.
// Thread safety: belongs to the thread that made it.
class ScopedTaskFolder {
 public:
  ScopedTaskFolder();
  ~ScopedTaskFolder();
  ScopedTaskFolder(const ScopedTaskFolder&) = delete;
  ScopedTaskFolder& operator=(const ScopedTaskFolder&) = delete;

 private:
  const int before_;
};

// Opens /proc/self/task/TID/name for reading; -1: see errno. Ownership: the caller closes it.
int OpenTaskFile(int32_t tid, const char* name);

// Ids of all threads, ascending. Empty when /proc is not available.
// Thread safety: safe. Not async-signal-safe: allocates.
std::vector<int32_t> ListTasks();

// Why `tids`, which ListTasks() returned to this thread, are not the threads of this process, as
// part of a sentence: /proc cannot be read, or is that of another pid namespace. Empty when they
// are. Thread safety: safe. Not async-signal-safe: allocates.
std::string WhyNoTasks(const std::vector<int32_t>& tids);
// The same for a new list.
std::string WhyNoTasks();

// Number of threads; 0 when /proc is not available. One system call.
size_t CountTasks();

// Whether a thread of this process has this id now; true if a sandbox denies the one system call.
bool IsTask(int32_t tid);

struct TaskStat {
  std::string name;            // as set by pthread_setname_np
  char state = '?';            // R running or runnable, S sleeping, D uninterruptible, T, t, Z, X
  uint64_t start_ticks = 0;    // since boot, in USER_HZ: distinguishes threads that reuse an id
  int processor = 0;           // the one it last ran on
  bool kernel_worker = false;  // of io_uring, vhost: runs in the kernel only, and has no user stack
};

// False: the thread is gone, or /proc is not available.
bool ReadTaskStat(int32_t tid, TaskStat* stat);

// When the process started: nanoseconds on the clock of BootNanos(), exact to a tick of 10 ms; -1:
// /proc cannot be read.
int64_t ProcessStartBootNanos();

// The system call or kernel wait that a thread is in.
struct TaskSyscall {
  bool in_kernel = false;      // false: running, or runnable in user mode
  bool no_user_stack = false;  // a worker of the kernel that waits, or a thread that has ended
  int64_t number = -1;         // -1: not in a system call (e.g. a page fault)
  uint64_t arguments[6] = {};
  uintptr_t sp = 0;
  uintptr_t pc = 0;
  bool interrupted = false;  // by our own signal
};

enum class TaskRead { kOk, kGone, kRefused };  // refused: not dumpable, or hidden by a sandbox
TaskRead ReadTaskSyscall(int32_t tid, TaskSyscall* call);

// Whether the thread is in this call now, with these arguments. It may have left and entered it
// again since `call` was read: the CPU time tells. Not async-signal-safe.
bool IsStillIn(int32_t tid, const TaskSyscall& call);

// The errno of the last refused ReadTaskSyscall; 0: none so far. Async-signal-safe.
int TaskRefusal();

// CPU time of a thread of this process in nanoseconds; false: it is gone. One system call.
// Async-signal-safe.
bool ThreadCpuNanos(int32_t tid, uint64_t* nanos);

// Total time the thread was runnable but not running, in nanoseconds, from
// /proc/self/task/TID/schedstat. False: gone, or not counted by this kernel.
bool ThreadRunDelayNanos(int32_t tid, uint64_t* nanos);

// Target of a file descriptor, e.g. "socket:[31]" or "/var/log/x"; empty: not open.
std::string DescriptorTarget(int fd);

}  // namespace pprof::sys
