// The processes of this user, as /proc describes them.
#pragma once

#include <sys/types.h>

#include <ctime>
#include <optional>
#include <string>
#include <vector>

namespace pprof::command {

// What was true when the process was looked at. A value.
struct Process {
  pid_t pid = 0;           // here
  uid_t uid = 0;           // the effective one
  pid_t inner_pid = 0;     // in its own pid namespace: what it calls itself
  std::string name;        // the executable's file name; the kernel's name where that is unreadable
  std::string short_name;  // the kernel's name, which a program may change
  time_t since = 0;
  size_t resident_bytes = 0;
  int threads = 0;

  std::string Folder() const { return "/proc/" + std::to_string(pid); }
  bool IsCalled(const std::string& text) const { return name == text || short_name == text; }
};

// The whole of a small file; empty if it cannot be read.
std::string ReadFile(const std::string& path);

// What follows `name` on its line of a file such as /proc/PID/status: "\nUid:\t". Empty if there is
// none.
std::string FieldOf(const std::string& text, const std::string& name);

// The target of a symbolic link; empty if it cannot be read.
std::string ReadLink(const std::string& path);

// Nothing if there is no such process.
std::optional<Process> ProcessOf(pid_t pid);

// Those of this user, or all for root; by pid. This process itself is left out.
std::vector<Process> MyProcesses();

}  // namespace pprof::command
