#include "command/attach/safe_point.h"

#include <linux/futex.h>
#include <sys/syscall.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "command/failure.h"
#include "command/processes/process.h"

namespace pprof::command {
namespace {

constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::milliseconds kBetweenRounds{2};
constexpr size_t kStackBytes = size_t{128} << 10;

constexpr uint64_t kOwnWaits[] = {
    SYS_poll,        SYS_select,    SYS_pselect6,      SYS_ppoll,           SYS_epoll_wait,
    SYS_epoll_pwait, SYS_nanosleep, SYS_accept,        SYS_accept4,         SYS_clock_nanosleep,
    SYS_wait4,       SYS_waitid,    SYS_rt_sigsuspend, SYS_rt_sigtimedwait, SYS_pause,
};

// The C library reads files within locks of its own; those are no waits that a stop breaks off, as
// pipes, terminals and sockets are.
constexpr uint64_t kReads[] = {SYS_read, SYS_readv, SYS_recvfrom, SYS_recvmsg};
constexpr int64_t kBrokenOff = -512;  // ERESTARTSYS, which only tracers see

template <size_t kCount>
bool IsOneOf(const uint64_t (&calls)[kCount], uint64_t call) {
  return std::find(std::begin(calls), std::end(calls), call) != std::end(calls);
}

std::vector<pid_t> ThreadsOf(pid_t pid) {
  std::vector<pid_t> threads;
  std::error_code error;
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    threads.push_back(static_cast<pid_t>(std::stol(entry.path().filename().string())));
  }
  return threads;
}

// Whether a word on the stack is the return address of a signal frame. Old frames that were left
// there look the same: then another thread or moment is taken.
bool MayBeInHandler(pid_t pid, uint64_t stack, uint64_t signal_return) {
  std::vector<uint64_t> words(kStackBytes / sizeof(uint64_t));
  const size_t bytes = ReadMemory(pid, stack, words.data(), kStackBytes);
  const auto end = words.begin() + static_cast<ptrdiff_t>(bytes / sizeof(uint64_t));
  return std::find(words.begin(), end, signal_return) != end;
}

class Search {
 public:
  Search(pid_t pid, const RemoteProgram& program)
      : pid_(pid), program_(program), code_is_safe_(!program.ExecutableHasMalloc()) {
    // __restore_rt: mov $15, %rax; syscall. The program's handlers return to it.
    const CodeMapping* const libc = program.FindModule("libc.so.6");
    const std::string restore("\x48\xc7\xc0\x0f\x00\x00\x00\x0f\x05", 9);
    if (libc != nullptr) signal_return_ = program.FindCode(*libc, restore);
  }

  // Nullptr: not now.
  std::unique_ptr<Tracee> Try(pid_t tid) {
    try {
      auto tracee = std::make_unique<Tracee>(tid);
      if (IsSafe(tracee->registers())) return tracee;
    } catch (const Failure& failure) {
      last_failure_ = failure.what();
    }
    return nullptr;
  }

  const std::string& last_failure() const { return last_failure_; }

 private:
  bool IsSafe(const user_regs_struct& registers) const {
    return (IsInWait(registers) || IsInOwnCode(registers)) &&
           !MayBeInHandler(pid_, registers.rsp, signal_return_);
  }
  static bool IsInWait(const user_regs_struct& registers) {
    if (static_cast<int64_t>(registers.orig_rax) < 0) return false;
    const bool broken_off = static_cast<int64_t>(registers.rax) == kBrokenOff;
    return IsOwnWait(registers.orig_rax, registers.rsi) &&
           (broken_off || !IsOneOf(kReads, registers.orig_rax));
  }
  bool IsInOwnCode(const user_regs_struct& registers) const {
    return code_is_safe_ && static_cast<int64_t>(registers.orig_rax) < 0 &&
           program_.IsInExecutable(registers.rip);
  }

  const pid_t pid_;
  const RemoteProgram& program_;
  const bool code_is_safe_;
  uint64_t signal_return_ = 0;
  std::string last_failure_;
};

// proc(5), /proc/PID/syscall: "NUMBER ARG1 ARG2 ...", without stopping the thread.
bool SeemsToWait(pid_t pid, pid_t tid) {
  const std::string call =
      ReadFile("/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/syscall");
  unsigned long number = 0;
  unsigned long first = 0;
  unsigned long second = 0;
  const int read = std::sscanf(call.c_str(), "%lu %lx %lx", &number, &first, &second);
  return read == 3 && IsOwnWait(number, second);
}

}  // namespace

bool IsOwnWait(uint64_t system_call, uint64_t second_argument) {
  // Conditions, semaphores and joins wait with a bit set; mutexes of glibc and spin locks without.
  if (system_call == SYS_futex) return (second_argument & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
  return IsOneOf(kOwnWaits, system_call) || IsOneOf(kReads, system_call);
}

std::unique_ptr<Tracee> StopAtSafePoint(pid_t pid, const RemoteProgram& program) {
  Search search(pid, program);
  const auto end = std::chrono::steady_clock::now() + kPatience;
  do {
    const std::vector<pid_t> threads = ThreadsOf(pid);
    for (const bool waiting : {true, false}) {
      for (const pid_t tid : threads) {
        if (SeemsToWait(pid, tid) != waiting) continue;
        if (std::unique_ptr<Tracee> found = search.Try(tid)) return found;
      }
    }
    std::this_thread::sleep_for(kBetweenRounds);
  } while (std::chrono::steady_clock::now() < end);
  const std::string& reason = search.last_failure();
  throw Failure("no thread was at a point where a library can be loaded safely within " +
                std::to_string(kPatience.count()) + " s" +
                (reason.empty() ? "" : " (" + reason + ")") + "; nothing was changed, try again");
}

}  // namespace pprof::command
