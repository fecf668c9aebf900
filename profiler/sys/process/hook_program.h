// Runs another program, unseen by this one.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace pprof::sys {

// Runs arguments[0] with these arguments, and waits. It has no open files but /dev/null, no blocked
// signal, and the environment without PPROF_CPP_*. The program's own waits for any child do not see
// it, and its end makes no SIGCHLD. `stopped` is asked every 50 ms; when it returns true, or after
// `seconds`, the program is killed. Returns its exit status; -1: not started, or killed.
// Thread safety: safe. Not async-signal-safe: allocates.
int RunHook(const std::vector<std::string>& arguments, int seconds,
            const std::function<bool()>& stopped);

}  // namespace pprof::sys
