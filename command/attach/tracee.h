// One thread of another process, stopped, in which functions can be called.
#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace pprof::command {

// Memory of another process. Both return the number of bytes that could be copied.
size_t ReadMemory(pid_t pid, uint64_t address, void* out, size_t bytes);
size_t WriteMemory(pid_t pid, uint64_t address, const void* bytes, size_t count);

// Signals of the program stay pending while the thread is stopped, except those that cannot be
// blocked. The thread goes on where it was when the object ends; a wait that the stop ended begins
// again, so that the program is not told of it.
// A killed tracer in the middle of Call would leave the thread to return to address 0: the caller
// blocks the signals that end it. Thread safety: all calls by the thread that made it (ptrace(2)).
class Tracee {
 public:
  // Stops the thread within half a second. Throws Failure: the system's reason.
  explicit Tracee(pid_t tid);
  ~Tracee();
  Tracee(const Tracee&) = delete;
  Tracee& operator=(const Tracee&) = delete;

  // As they were when the thread was stopped.
  const user_regs_struct& registers() const { return saved_; }

  // Calls a function of the C calling convention with up to six whole numbers on the stack that
  // ends at `stack`, and returns its result. Throws Failure if it does not return within ten
  // seconds or the program ends.
  uint64_t Call(uint64_t function, std::initializer_list<uint64_t> arguments, uint64_t stack);

 private:
  void Stop();
  void KeepState();
  void Restore();
  int NextStop(int milliseconds);

  const pid_t tid_;
  bool stopped_ = false;
  bool used_ = false;
  user_regs_struct saved_{};
  std::vector<uint8_t> vector_state_;
  uint64_t mask_ = 0;
};

}  // namespace pprof::command
