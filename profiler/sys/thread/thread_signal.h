// Sends signals to single threads of this process, and manages their handlers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pprof::sys {

using SignalHandler = void (*)(int signal, void* siginfo, void* ucontext);

enum class SignalOwner { kDefault, kIgnored, kOurs, kForeign };

// The current owner of the signal; `ours` is the handler that counts as kOurs.
SignalOwner OwnerOfSignal(int signal, SignalHandler ours);

// Installs `handler` with all signals but faults blocked, SA_RESTART, and SA_ONSTACK. False: the
// kernel refuses.
bool InstallHandler(int signal, SignalHandler handler);

// Restores the default action or ignoring, after discarding pending signals of all threads:
// otherwise a late SIGPROF would kill the process. REQUIRES: no thread sends the signal any more;
// `to` is kDefault or kIgnored.
void ResetSignal(int signal, SignalOwner to);

// The file whose code handles the signal. Not async-signal-safe: takes the loader's lock.
std::string FileOfHandler(int signal);

// Blocks SIGPROF in the calling thread during a fork, since it would make the kernel restart a long
// fork again and again. Async-signal-safe.
void BlockProfilingSignal();
void UnblockProfilingSignal();

// The highest real-time signal with the default action that no thread waits for or blocks on
// purpose, or 0 when there is none. Programs choose theirs from SIGRTMIN up.
int FreeRealTimeSignal();

// Whether the calling thread blocks SIGPROF. Async-signal-safe.
bool BlocksProfilingSignal();

// Whether a thread blocks `signal` on purpose, as sigwaitinfo and signalfd require; one that blocks
// all real-time signals only means to be left alone. Reads a file for each thread.
bool IsBlockedOnPurpose(int signal);

int UrgentSignal();     // SIGURG: ignored by default, not reported by debuggers
int ProfilingSignal();  // SIGPROF

// The number of "SIGUSR2" or "USR2"; 0: no such signal. Thread safety: safe.
int SignalNamed(std::string_view name);

// Queues `signal` to one thread. Returns 0 or the errno; ESRCH: the thread is gone.
// Async-signal-safe.
int SignalThread(int32_t tid, int signal);

// Whether the thread blocks the signal (status, SigBlk). False if that cannot be read.
bool ThreadBlocksSignal(int32_t tid, int signal);

}  // namespace pprof::sys
