// The command line of this process, without its secrets.
#pragma once

#include <string>
#include <vector>

namespace pprof::sys {

// The arguments joined by NUL; empty: /proc/self/cmdline cannot be read. Thread safety: safe.
// Not async-signal-safe: opens a file.
std::string RedactedCommandLine();

// `arguments` joined by NUL; "--db-password=x", "--token x" and "API_KEY=x" lose their value.
std::string JoinRedacted(const std::vector<std::string>& arguments);

// The path of the executable; empty: unknown. Not async-signal-safe: allocates.
std::string ProgramPath();

}  // namespace pprof::sys
