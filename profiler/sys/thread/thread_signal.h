// Signals to single threads of this process, and their handlers.
#pragma once

#include <cstdint>
#include <string>

namespace pprof::sys {

using SignalHandler = void (*)(int signal, void* siginfo, void* ucontext);

enum class SignalOwner { kDefault, kIgnored, kOurs, kForeign };

// Who handles this signal now; `ours` is the handler that counts as ours.
SignalOwner OwnerOfSignal(int signal, SignalHandler ours);

// Installs `handler` with all but the fault signals blocked during it, SA_RESTART, and on the
// alternate stack where a thread has one. False: the kernel refuses.
bool InstallHandler(int signal, SignalHandler handler);

// Back to the default action, or to being ignored, after dropping what is pending in any thread: a
// late SIGPROF would kill the process otherwise. REQUIRES: nobody sends it any more; `to` is
// kDefault or kIgnored.
void ResetSignal(int signal, SignalOwner to);

// The file whose code handles the signal. Not signal-safe: takes the loader's lock.
std::string FileOfHandler(int signal);

// For the time of a fork: the calling thread gets no SIGPROF, which would make the kernel begin a
// long fork anew, again and again. Signal-safe.
void BlockProfilingSignal();
void UnblockProfilingSignal();

// The lowest real-time signal with default disposition, or 0 when none is free.
int FreeRealTimeSignal();

int UrgentSignal();     // SIGURG: ignored by default, passes debuggers silently
int ProfilingSignal();  // SIGPROF

// Queues `signal` to one thread. False: the thread is gone. Signal-safe.
bool SignalThread(int32_t tid, int signal);

// Whether the thread blocks the signal (status, SigBlk). False also when that cannot be read.
bool ThreadBlocksSignal(int32_t tid, int signal);

}  // namespace pprof::sys
