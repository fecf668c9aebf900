#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "profiler/sys/process/denial.h"
#include "profiler/sys/thread/tasks.h"
#include "profiler/sys/thread/this_thread.h"

namespace pprof::sys {
namespace {

constexpr int kNoFolder = -1;
thread_local int task_folder = kNoFolder;
std::atomic<int> task_refusal;

// Reads one line of a thread's file; -errno on failure. Bounded: the kernel's lines are short.
ssize_t ReadAndClose(int fd, char* out, size_t bytes) {
  if (fd < 0) return -errno;
  ssize_t total = 0;
  while (static_cast<size_t>(total) + 1 < bytes) {
    const ssize_t got = read(fd, out + total, bytes - 1 - static_cast<size_t>(total));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      if (got < 0 && total == 0) total = -errno;
      break;
    }
    total += got;
    if (out[total - 1] == '\n') break;
  }
  close(fd);
  if (total >= 0) out[total] = '\0';
  return total;
}

ssize_t ReadTaskFile(int32_t tid, const char* name, char* out, size_t bytes) {
  return ReadAndClose(OpenTaskFile(tid, name), out, bytes);
}

}  // namespace

ScopedTaskFolder::ScopedTaskFolder() : before_(task_folder) {
  task_folder = open("/proc/self/task", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

ScopedTaskFolder::~ScopedTaskFolder() {
  if (task_folder != kNoFolder) close(task_folder);
  task_folder = before_;
}

int OpenTaskFile(int32_t tid, const char* name) {
  char path[64];
  const bool below = task_folder != kNoFolder;
  std::snprintf(path, sizeof path, "%s%d/%s", below ? "" : "/proc/self/task/", tid, name);
  return openat(below ? task_folder : AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
}

namespace {

std::vector<int32_t> ListOnce() {
  std::vector<int32_t> tids;
  DIR* folder = opendir("/proc/self/task");
  if (folder == nullptr) return tids;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this call's own
  while (const dirent* entry = readdir(folder)) {
    const long tid = std::strtol(entry->d_name, nullptr, 10);
    if (tid > 0) tids.push_back(static_cast<int32_t>(tid));
  }
  closedir(folder);
  std::sort(tids.begin(), tids.end());
  return tids;
}

// proc(5), /proc/thread-self: "PID/task/TID", in the numbers of the namespace that /proc is of.
bool ProcHasOtherNumbers() {
  char link[64] = {};
  if (readlink("/proc/thread-self", link, sizeof link - 1) <= 0) return true;
  char own[64];
  std::snprintf(own, sizeof own, "%d/task/%d", getpid(), ThreadId());
  return std::strcmp(link, own) != 0;
}

}  // namespace

// A list that the kernel reads while the thread it stands at ends is short of all that follow
// (next_tid in fs/proc/base.c); the numbers of threads before and after tell. While threads end all
// the time, several lists together have those that stay.
std::vector<int32_t> ListTasks() {
  constexpr int kTries = 8;
  std::vector<int32_t> all;
  for (int i = 0; i < kTries; ++i) {
    const size_t before = CountTasks();
    std::vector<int32_t> tids = ListOnce();
    if (tids.size() >= std::max(before, CountTasks())) return tids;
    std::vector<int32_t> both;
    std::set_union(all.begin(), all.end(), tids.begin(), tids.end(), std::back_inserter(both));
    all.swap(both);
  }
  all.erase(std::remove_if(all.begin(), all.end(), [](int32_t tid) { return !IsTask(tid); }),
            all.end());
  return all;
}

std::string WhyNoTasks(const std::vector<int32_t>& tids) {
  if (std::binary_search(tids.begin(), tids.end(), ThreadId())) return {};
  if (!tids.empty()) return ProcHasOtherNumbers() ? "/proc is that of another pid namespace" : "";
  std::string text = "/proc/self/task cannot be read";
  DIR* folder = opendir("/proc/self/task");
  if (folder == nullptr) return text + " (" + DenialText("opendir", errno) + ")";
  closedir(folder);
  return text;
}

std::string WhyNoTasks() { return WhyNoTasks(ListTasks()); }

// A directory has two links, plus one per subdirectory.
size_t CountTasks() {
  struct stat folder {};
  return stat("/proc/self/task", &folder) == 0 && folder.st_nlink > 2 ? folder.st_nlink - 2 : 0;
}

bool IsTask(int32_t tid) {
  return syscall(SYS_tgkill, getpid(), tid, 0) == 0 || (errno != ESRCH && errno != EINVAL);
}

// linux/sched.h: PF_IO_WORKER, PF_USER_WORKER.
constexpr uint64_t kWorkerFlags = 0x10 | 0x4000;

namespace {

constexpr size_t kStatBytes = 1024;

// proc(5), /proc/PID/stat: "pid (comm) state ppid ..."; comm may contain any character, even ')'.
bool ParseTaskStat(char* text, TaskStat* stat) {
  char* name = std::strchr(text, '(');
  char* end = std::strrchr(text, ')');
  if (name == nullptr || end == nullptr || end < name || end[1] == '\0') return false;
  stat->name.assign(name + 1, end);
  stat->state = end[2];
  constexpr int kFlags = 9;  // field numbers, state is 3
  constexpr int kStartTime = 22;
  constexpr int kProcessor = 39;
  char* at = end + 2;
  for (int field = 3; field <= kProcessor && at != nullptr; ++field) {
    if (field == kFlags) stat->kernel_worker = (std::strtoull(at, nullptr, 10) & kWorkerFlags) != 0;
    if (field == kStartTime) stat->start_ticks = std::strtoull(at, nullptr, 10);
    if (field == kProcessor) stat->processor = std::atoi(at);
    at = std::strchr(at, ' ');
    if (at != nullptr) ++at;
  }
  return true;
}

}  // namespace

bool ReadTaskStat(int32_t tid, TaskStat* stat) {
  char text[kStatBytes];
  return ReadTaskFile(tid, "stat", text, sizeof text) > 0 && ParseTaskStat(text, stat);
}

int64_t ProcessStartBootNanos() {
  char text[kStatBytes];
  TaskStat stat;
  const int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (ReadAndClose(fd, text, sizeof text) <= 0 || !ParseTaskStat(text, &stat)) return -1;
  constexpr int64_t kSecond = 1000000000;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): a constant of the system
  return static_cast<int64_t>(stat.start_ticks) * (kSecond / sysconf(_SC_CLK_TCK));
}

// proc(5), /proc/PID/syscall: "running", "NUMBER ARG*6 SP PC", or "-1 SP PC".
TaskRead ReadTaskSyscall(int32_t tid, TaskSyscall* call) {
  char text[256];
  const ssize_t length = ReadTaskFile(tid, "syscall", text, sizeof text);
  if (length == -ENOENT || length == -ESRCH || length == 0) return TaskRead::kGone;
  if (length < 0) task_refusal.store(static_cast<int>(-length));
  if (length < 0) return TaskRead::kRefused;
  *call = {};
  if (std::strncmp(text, "running", 7) == 0) return TaskRead::kOk;
  char* at = text;
  call->number = std::strtoll(at, &at, 10);
  if (call->number >= 0) {
    for (uint64_t& argument : call->arguments) argument = std::strtoull(at, &at, 16);
  }
  call->sp = std::strtoull(at, &at, 16);
  call->pc = std::strtoull(at, &at, 16);
  call->in_kernel = call->sp != 0 && call->pc != 0;
  call->no_user_stack = call->sp == 0 && call->pc == 0;
  return TaskRead::kOk;
}

bool IsStillIn(int32_t tid, const TaskSyscall& call) {
  TaskSyscall now;
  return ReadTaskSyscall(tid, &now) == TaskRead::kOk && now.in_kernel &&
         now.number == call.number && now.sp == call.sp &&
         std::equal(std::begin(now.arguments), std::end(now.arguments), call.arguments);
}

int TaskRefusal() { return task_refusal.load(); }

bool ThreadCpuNanos(int32_t tid, uint64_t* nanos) {
  // linux/posix-timers.h: MAKE_THREAD_CPUCLOCK(tid, CPUCLOCK_SCHED); not exported to user space.
  const auto clock = static_cast<clockid_t>(~static_cast<uint32_t>(tid) << 3 | 6);
  timespec time;
  const int saved_errno = errno;
  const bool ok = clock_gettime(clock, &time) == 0;
  errno = saved_errno;
  if (!ok) return false;
  *nanos = static_cast<uint64_t>(time.tv_sec) * 1000000000 + static_cast<uint64_t>(time.tv_nsec);
  return true;
}

// Documentation/scheduler/sched-stats.rst: "CPU_TIME RUN_DELAY TIMESLICES".
bool ThreadRunDelayNanos(int32_t tid, uint64_t* nanos) {
  char text[128];
  if (ReadTaskFile(tid, "schedstat", text, sizeof text) <= 0) return false;
  char* at = text;
  std::strtoull(at, &at, 10);
  *nanos = std::strtoull(at, nullptr, 10);
  return true;
}

std::string DescriptorTarget(int fd) {
  char path[64];
  char target[256];
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(path, target, sizeof target);
  return length < 0 ? std::string() : std::string(target, static_cast<size_t>(length));
}

}  // namespace pprof::sys
