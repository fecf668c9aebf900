// Threads that wait in read() of a pipe, below frames that a test looks for.
#pragma once

#include <alloca.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "tests/unit/threads/parked_thread.h"
#include "tests/unit/threads/profile_shares.h"

namespace pprof::testing {

struct Pipe {
  Pipe() { EXPECT_EQ(pipe(ends), 0); }
  ~Pipe() {
    close(ends[0]);
    close(ends[1]);
  }
  void Write() const { EXPECT_EQ(write(ends[1], "x", 1), 1); }
  int ends[2];
};

inline void ReadByte(int fd) {
  char byte;
  EXPECT_EQ(read(fd, &byte, 1), 1);
}

// Unwinding it needs rbp, which no function below it has saved: read() does not use it.
inline void ReadByteWithFramePointer(int fd) {
  volatile size_t size = 64;
  EXPECT_EQ(read(fd, alloca(size), 1), 1);
}

// Parked in read() of a pipe, called through `through`.
struct PipeReader {
  explicit PipeReader(std::function<void(const std::function<void()>&)> through,
                      void (*read_byte)(int) = ReadByte)
      : thread(
            [this, through, read_byte] { through([this, read_byte] { read_byte(pipe.ends[0]); }); },
            [this] { pipe.Write(); }) {}
  Pipe pipe;
  ParkedThread thread;
};

// The first line of a thread's part of the full dump.
inline std::string HeaderOf(int32_t tid) {
  const std::string dump = DumpOf(DumpText(), tid);
  return dump.substr(0, dump.find('\n'));
}

}  // namespace pprof::testing
