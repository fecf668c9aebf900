// The loaded modules of another process, and the addresses of their functions.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "command/processes/mapped_files.h"

namespace pprof::command {

class RemoteProgram {
 public:
  // Throws Failure if the process may not be looked at.
  explicit RemoteProgram(pid_t pid);

  // The file name begins so: "libc.so.6". Nullptr if there is none.
  const CodeMapping* FindModule(const std::string& file_name) const;

  // Whether the address is in code of the executable itself.
  bool IsInExecutable(uint64_t address) const;

  // Whether the executable defines malloc itself, and so can be interrupted within it.
  bool ExecutableHasMalloc() const;

  // The address of a function that the module exports. Throws Failure if it exports none.
  uint64_t AddressOf(const CodeMapping& module, const std::string& function) const;

  // The address of the first such bytes in the module's code; 0 if there are none.
  uint64_t FindCode(const CodeMapping& module, const std::string& bytes) const;

 private:
  std::string ReadableAt(const CodeMapping& module) const;

  const pid_t pid_;
  std::string executable_;
  std::vector<CodeMapping> modules_;  // mapped with the right to execute, by address
};

}  // namespace pprof::command
