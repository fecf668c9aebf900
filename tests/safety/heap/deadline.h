// For tests that could hang: polls, and fails instead of waiting forever.
#pragma once

#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace pprof {

// Waits for a child for at most `limit`. Returns its exit status; -1 if a signal ended it; -2 if it
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

// PPROF_TEST_LONG=1 runs tests that take minutes in full.
inline bool LongTests() {
  const char* value = std::getenv("PPROF_TEST_LONG");
  return value != nullptr && *value == '1';
}

}  // namespace pprof
