// Runs work in a forked child and returns its result.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pprof::testing {

// The exit code; 1000 plus the signal number if a signal killed the child.
inline int WaitFor(pid_t child) {
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// The return value of `work` in a child process.
inline int RunInChild(int (*work)()) {
  const pid_t child = fork();
  if (child == 0) _exit(work());
  return WaitFor(child);
}

}  // namespace pprof::testing
