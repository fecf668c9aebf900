#include "command/attach/tracee.h"

#include <elf.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "command/failure.h"

namespace pprof::command {
namespace {

constexpr int kStopMilliseconds = 500;
constexpr int kCallMilliseconds = 10000;
constexpr int kNoStop = -1;
constexpr size_t kVectorStateBytes = size_t{64} << 10;  // with AMX it has 11 KiB
constexpr uint64_t kDirectionAndTrapFlags = 0x500;
constexpr uint64_t kSyscallBytes = 2;  // "syscall"; a wait that begins again goes back so far

constexpr uint64_t Bit(int signal) { return uint64_t{1} << (signal - 1); }

// Unblocked, because the kernel takes the program's handler away from a blocked one.
constexpr uint64_t kFaults = Bit(SIGSEGV) | Bit(SIGBUS) | Bit(SIGILL) | Bit(SIGFPE) | Bit(SIGTRAP);
constexpr uint64_t kAllButFaults = ~kFaults;

bool EndsCall(int signal) { return ((kFaults | Bit(SIGABRT)) & Bit(signal)) != 0; }

// ptrace's requests and sizes are declared differently by C libraries.
long Trace(int request, pid_t tid, uint64_t address, const void* data) {
  return ptrace(static_cast<__ptrace_request>(request), tid, reinterpret_cast<void*>(address),
                data);
}

[[noreturn]] void Fail(const char* what) { throw Failure(std::string(what) + ": " + ErrorText()); }

}  // namespace

size_t ReadMemory(pid_t pid, uint64_t address, void* out, size_t bytes) {
  const iovec here{out, bytes};
  const iovec there{reinterpret_cast<void*>(address), bytes};
  const ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);
  return got < 0 ? 0 : static_cast<size_t>(got);
}

size_t WriteMemory(pid_t pid, uint64_t address, const void* bytes, size_t count) {
  const iovec here{const_cast<void*>(bytes), count};
  const iovec there{reinterpret_cast<void*>(address), count};
  const ssize_t got = process_vm_writev(pid, &here, 1, &there, 1, 0);
  return got < 0 ? 0 : static_cast<size_t>(got);
}

Tracee::Tracee(pid_t tid) : tid_(tid) {
  if (Trace(PTRACE_SEIZE, tid_, 0, nullptr) != 0) Fail("the thread cannot be stopped");
  try {
    Stop();
    KeepState();
  } catch (...) {
    Trace(PTRACE_DETACH, tid_, 0, nullptr);
    throw;
  }
}

Tracee::~Tracee() {
  if (!stopped_) return;
  Restore();
  Trace(PTRACE_DETACH, tid_, 0, nullptr);
}

// The status of the next stop, or kNoStop. waitpid knows no time limit.
int Tracee::NextStop(int milliseconds) {
  for (; milliseconds >= 0; --milliseconds) {
    int status = 0;
    const pid_t found = waitpid(tid_, &status, __WALL | WNOHANG);
    if (found < 0 && errno != EINTR) Fail("the stopped thread cannot be waited for");
    if (found == tid_ && !WIFSTOPPED(status)) {
      stopped_ = false;
      throw Failure("the thread ended");
    }
    if (found == tid_) return status;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return kNoStop;
}

// Signals that arrive first reach the program as they would have.
void Tracee::Stop() {
  if (Trace(PTRACE_INTERRUPT, tid_, 0, nullptr) != 0) Fail("the thread cannot be stopped");
  for (;;) {
    const int status = NextStop(kStopMilliseconds);
    if (status == kNoStop) throw Failure("the thread did not stop: it is deep in the kernel");
    if (status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(status) == SIGTRAP) break;
    if (status >> 16 == PTRACE_EVENT_STOP) throw Failure("the process is stopped");
    const auto signal = static_cast<uintptr_t>(WSTOPSIG(status));
    Trace(PTRACE_CONT, tid_, 0, reinterpret_cast<void*>(signal));
  }
  stopped_ = true;
}

void Tracee::KeepState() {
  if (Trace(PTRACE_GETREGS, tid_, 0, &saved_) != 0) Fail("registers cannot be read");
  vector_state_.resize(kVectorStateBytes);
  const iovec state{vector_state_.data(), vector_state_.size()};
  if (Trace(PTRACE_GETREGSET, tid_, NT_X86_XSTATE, &state) != 0) Fail("registers cannot be read");
  vector_state_.resize(state.iov_len);
  if (Trace(PTRACE_GETSIGMASK, tid_, sizeof mask_, &mask_) != 0) Fail("signals cannot be read");
}

// Waits such as epoll_wait fail with EINTR after any stop, signal(7); the others the kernel
// repeats.
void Tracee::Restore() {
  user_regs_struct registers = saved_;
  if (static_cast<int64_t>(registers.orig_rax) >= 0 &&
      static_cast<int64_t>(registers.rax) == -EINTR) {
    registers.rip -= kSyscallBytes;
    registers.rax = registers.orig_rax;
    registers.orig_rax = ~uint64_t{0};
    used_ = true;
  }
  if (!used_) return;
  const iovec state{vector_state_.data(), vector_state_.size()};
  Trace(PTRACE_SETREGSET, tid_, NT_X86_XSTATE, &state);
  Trace(PTRACE_SETREGS, tid_, 0, &registers);
  Trace(PTRACE_SETSIGMASK, tid_, sizeof mask_, &mask_);
}

uint64_t Tracee::Call(uint64_t function, std::initializer_list<uint64_t> arguments,
                      uint64_t stack) {
  user_regs_struct registers = saved_;
  unsigned long long* const places[] = {&registers.rdi, &registers.rsi, &registers.rdx,
                                        &registers.rcx, &registers.r8,  &registers.r9};
  size_t count = 0;
  for (const uint64_t argument : arguments) *places[count++] = argument;
  registers.rsp = (stack & ~uint64_t{15}) - sizeof(uint64_t);
  const uint64_t return_address = 0;  // a fault there is the end of the call
  if (WriteMemory(tid_, registers.rsp, &return_address, sizeof return_address) == 0) {
    Fail("the stack cannot be written");
  }
  registers.rip = function;
  registers.rax = 0;
  registers.orig_rax = ~uint64_t{0};  // no system call is to begin again
  registers.eflags &= ~kDirectionAndTrapFlags;
  used_ = true;
  if (Trace(PTRACE_SETSIGMASK, tid_, sizeof kAllButFaults, &kAllButFaults) != 0) {
    Fail("signals cannot be blocked");
  }
  if (Trace(PTRACE_SETREGS, tid_, 0, &registers) != 0) Fail("registers cannot be set");
  for (uintptr_t signal = 0;;) {
    Trace(PTRACE_CONT, tid_, 0, reinterpret_cast<void*>(signal));
    const int status = NextStop(kCallMilliseconds);
    if (status == kNoStop) {
      Trace(PTRACE_INTERRUPT, tid_, 0, nullptr);
      NextStop(kStopMilliseconds);
      throw Failure("a call into the program did not return: it goes on where it was");
    }
    if (Trace(PTRACE_GETREGS, tid_, 0, &registers) != 0) Fail("registers cannot be read");
    const bool is_signal = status >> 16 == 0;
    if (is_signal && WSTOPSIG(status) == SIGSEGV && registers.rip == 0) return registers.rax;
    if (is_signal && EndsCall(WSTOPSIG(status))) {
      throw Failure("a call into the program ended with signal " +
                    std::to_string(WSTOPSIG(status)) + ": it goes on where it was");
    }
    signal = is_signal ? static_cast<uintptr_t>(WSTOPSIG(status)) : 0;
  }
}

}  // namespace pprof::command
