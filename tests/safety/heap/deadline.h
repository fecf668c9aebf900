// For tests that could hang: polls, and fails instead of waiting for ever.
#pragma once

#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace pprof {

// Waits for a child at most `limit`. Its exit status; -1 when it was ended by a signal; -2 when it
// hung (it is killed).
inline int WaitForChild(pid_t child, std::chrono::seconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child)
      return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (std::chrono::steady_clock::now() > deadline) break;
    std::this_thread::yield();
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return -2;
}

// PPROF_TEST_LONG=1: what takes minutes is run in full.
inline bool LongTests() {
  const char* value = std::getenv("PPROF_TEST_LONG");
  return value != nullptr && *value == '1';
}

}  // namespace pprof
