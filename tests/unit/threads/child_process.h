// Work in a forked child, judged by how the child ends.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pprof::testing {

// The exit code; 1000 and the signal's number for a child that died of one.
inline int WaitFor(pid_t child) {
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// What `work` returns in a child of its own.
inline int RunInChild(int (*work)()) {
  const pid_t child = fork();
  if (child == 0) _exit(work());
  return WaitFor(child);
}

}  // namespace pprof::testing
