#include "profiler/preload/late_start.h"

#include <time.h>

#include <atomic>
#include <cerrno>

#include "profiler/signal_safe/hooks/on_process.h"
#include "profiler/signal_safe/hooks/on_thread.h"
#include "profiler/sys/modules/loaded_module.h"
#include "profiler/sys/thread/cpu_timer.h"
#include "profiler/sys/thread/own_thread.h"
#include "profiler/sys/thread/signal_context.h"
#include "profiler/sys/thread/thread_signal.h"
#include "profiler/sys/time/clock.h"

namespace pprof::preload {
namespace {

using sys::LoadedModule;
using sys::SignalOwner;

constexpr int64_t kMillisecond = 1000000;
// After the start is due: waits end without a signal.
constexpr int64_t kAlarmDelay = 50 * kMillisecond;
constexpr int64_t kTryAgain = 5 * kMillisecond;
constexpr int kProgramCounter = 16;  // the DWARF number of the return address

std::atomic<int64_t> due{0};  // on the monotonic clock; 0: nothing is awaited
void (*run)() = nullptr;
int alarm_timer = sys::kNoTimer;
LoadedModule libc;
LoadedModule loader;
LoadedModule ourselves;

int64_t Now() { return static_cast<int64_t>(sys::MonotonicNanos()); }

void OnAlarm(int signal, void* siginfo, void* ucontext);

void StopAlarm() {
  if (alarm_timer == sys::kNoTimer) return;
  sys::DeleteTimer(alarm_timer);
  alarm_timer = sys::kNoTimer;
  const int signal = sys::UrgentSignal();
  if (sys::OwnerOfSignal(signal, OnAlarm) != SignalOwner::kOurs) return;
  sys::ResetSignal(signal, SignalOwner::kDefault);
}

void SetAlarm(int64_t nanos) {
  if (alarm_timer != sys::kNoTimer) sys::DeleteTimer(alarm_timer);
  alarm_timer = sys::StartAlarm(sys::UrgentSignal(), static_cast<uint64_t>(nanos));
}

void SleepUntil(int64_t time) {
  constexpr int64_t kSecond = 1000 * kMillisecond;
  const timespec until{time / kSecond, time % kSecond};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

// The first caller of all creates the thread; it sleeps until the time has come.
void CreateThread() {
  const int saved_errno = errno;
  const int64_t time = due.exchange(0, std::memory_order_acq_rel);
  if (time != 0) {
    StopAlarm();
    // 256 KiB: Serve() reads files and starts the threads of the server, no more.
    constexpr size_t kStack = size_t{256} << 10;
    auto thread = sys::OwnThread::Start(
        "pprof-start",
        [time] {
          SleepUntil(time);
          run();
        },
        kStack);
    if (!thread.running()) run();  // which cannot create one either, and says so
    thread.Detach();
  }
  errno = saved_errno;
}

// The server needs calls that a sandbox would punish.
void GiveUp() {
  if (due.exchange(0, std::memory_order_acq_rel) != 0) StopAlarm();
}

// A signal breaks off only such calls as wait for something outside of the process. Elsewhere in
// the C library or in our malloc, locks may be held that the creation of a thread needs.
bool MayCreateThread(const void* ucontext) {
  if (sys::CallInterrupted(ucontext).in_call) return true;
  const uintptr_t pc = sys::ContextRegister(ucontext, kProgramCounter);
  const LoadedModule at = LoadedModule::Of(reinterpret_cast<const void*>(pc));
  return at != libc && at != loader && at != ourselves;
}

void OnAlarm(int, void* siginfo, void* ucontext) {
  const int saved_errno = errno;
  if (sys::IsCpuTimerSignal(siginfo) && StartIsAwaited()) {
    if (MayCreateThread(ucontext)) {
      CreateThread();
    } else {
      SetAlarm(kTryAgain);
    }
  }
  errno = saved_errno;
}

}  // namespace

void PrepareLateStart() {
  libc = LoadedModule::Named("libc.so.");
  loader = LoadedModule::Named("ld-linux");
  ourselves = LoadedModule::Of(reinterpret_cast<const void*>(&OnAlarm));
  signal_safe::on_program_thread.store(CreateThread, std::memory_order_relaxed);
  signal_safe::on_program_sandbox.store(GiveUp, std::memory_order_relaxed);
}

void StartLater(int64_t nanos, void (*start)()) {
  alarm_timer = sys::kNoTimer;  // a forked child does not inherit its parent's
  run = start;
  due.store(Now() + nanos, std::memory_order_release);
  const int signal = sys::UrgentSignal();
  const SignalOwner owner = sys::OwnerOfSignal(signal, OnAlarm);
  if (owner != SignalOwner::kDefault && owner != SignalOwner::kOurs) return;
  if (sys::InstallHandler(signal, OnAlarm)) SetAlarm(nanos + kAlarmDelay);
}

bool StartIsAwaited() { return due.load(std::memory_order_relaxed) != 0; }

int64_t NanosUntilStart() {
  const int64_t time = due.load(std::memory_order_relaxed) - Now();
  return time > 0 ? time : 0;
}

void StartIfDue() {
  if (StartIsAwaited() && NanosUntilStart() == 0) CreateThread();
}

}  // namespace pprof::preload
