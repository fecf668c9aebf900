// Whom a verb asks: a process by its number or name, or a server by its address.
#pragma once

#include <string>

#include "command/ask/http_client.h"
#include "command/processes/process.h"

namespace pprof::command {

// Bounds and default of `seconds`, the server's.
constexpr int kMostSeconds = 300;
constexpr int kDefaultRecording = 30;

// A value.
struct Target {
  Address address;
  int pid = 0;       // 0: a server of which only the address is known
  std::string name;  // for people and in file names: "redis-server" or "127.0.0.1:6060"

  // "redis-server (1234)"
  std::string Text() const { return pid == 0 ? name : name + " (" + std::to_string(pid) + ")"; }
};

// Throws Failure: kNobody if there is no such process or it cannot be asked, kUsage if several
// have that name; the sentence then lists them.
Target FindTarget(const std::string& text);

// A process by its number or name, whether it can be asked or not. Throws Failure: kNobody if there
// is none, kUsage if several have that name.
Process FindProcess(const std::string& text);

// True for profiles that the server records before it answers.
bool IsRecording(const std::string& profile);

// "heap", "heap?debug=1" or "profile" with `seconds` as a parameter; as it is for 0.
std::string WithSeconds(const std::string& profile, int seconds);

// A profile's body, with a line of progress on a terminal. `seconds`: how long the server records;
// 0: it answers at once. Throws Failure with the server's sentence unless the answer is 200.
Answer Ask(const Target& target, const std::string& path, int seconds);

}  // namespace pprof::command
