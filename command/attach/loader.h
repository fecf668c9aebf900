// Makes a running program load a library.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "command/attach/remote_program.h"
#include "command/attach/tracee.h"
#include "command/processes/process.h"

namespace pprof::command {

// Throws Failure, before anything is stopped, for a process that cannot be made to load a library
// without harm: in a seccomp sandbox, traced, stopped, or without the GNU C library.
void RequireAttachable(const Process& process, const RemoteProgram& program);

// One thread of the program stands still while the object lives, and calls functions of the C
// library on a stack that is there for this only: its own may be small. The caller blocks its
// signals (tracee.h).
class Loader {
 public:
  // Throws Failure if no thread is at a safe point. REQUIRES: RequireAttachable.
  Loader(const Process& process, const RemoteProgram& program);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // Loads the library at `path` here, calls its function `entry` with a text, and returns the
  // result, an address in the program. Throws Failure with the dynamic linker's words.
  uint64_t LoadAndCall(const std::string& path, const char* entry, const std::string& text);

  // Since when the thread stands still.
  std::chrono::steady_clock::time_point stopped_at() const { return stopped_at_; }

 private:
  // Addresses in the program, looked up before a thread is stopped.
  struct LibcFunctions {
    explicit LibcFunctions(const RemoteProgram& program);
    uint64_t map;
    uint64_t unmap;
    uint64_t make_memory_file;
    uint64_t close;
    uint64_t load;
    uint64_t find;
    uint64_t error;
  };

  uint64_t Call(uint64_t function, uint64_t first, uint64_t second);
  uint64_t PutText(const std::string& text);
  std::string LinkerError();
  std::string PathInside(const std::string& library);

  const Process& process_;
  const LibcFunctions libc_;
  std::unique_ptr<Tracee> tracee_;
  const std::chrono::steady_clock::time_point stopped_at_;
  const uint64_t own_stack_;
  uint64_t memory_ = 0;
  int memory_file_ = -1;
};

}  // namespace pprof::command
