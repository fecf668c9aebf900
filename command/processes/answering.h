// Which processes can be asked, and where.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "command/ask/address.h"
#include "command/processes/process.h"

namespace pprof::command {

// A process whose server listens. A value.
struct Answering {
  Process process;
  Address address;
};

// The folder of the sockets of this user's processes: ${XDG_RUNTIME_DIR:-/run}/pprof-cpp.
std::string SocketFolder();

// Where the process can be asked from here: at its socket in the folder of sockets, through the
// root of its container if it has one, or wherever its server's thread listens.
std::optional<Address> WhereItAnswers(const Process& process);

// Where the server of a process listens that has no socket in those folders: its thread is known by
// its name and has its descriptors in /proc. Nothing if there is no such thread, if the process may
// not be looked at, or if it listens on TCP in another network namespace.
std::optional<Address> ServerSocketOf(const Process& process);

// All of this user's, by pid.
std::vector<Answering> AnsweringProcesses();

}  // namespace pprof::command
