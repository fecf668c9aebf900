// The folder of Unix sockets: only this user may enter it, and sockets of ended processes go.
#pragma once

#include <string>

#include "pprof/status.h"

namespace pprof::http {

// Where each process has a socket by default: "/run/user/1000/pprof-cpp/%p.sock", from
// XDG_RUNTIME_DIR or /run. Not async-signal-safe: allocates.
std::string DefaultSocketPath();

// Creates the folder of the socket `path` if it is missing. Errors: kInvalidArgument if others can
// enter it, who could place sockets there; kInternal with the system's message.
Status CheckSocketFolder(const std::string& path);

// Removes the socket of an ended process of this user. Errors: kConflict for anything else that has
// the name.
Status RemoveStaleSocket(const std::string& path);

// Removes the sockets "PID.sock" of ended processes of this user from the folder of `path`.
void RemoveSocketsOfEndedProcesses(const std::string& path);

}  // namespace pprof::http
