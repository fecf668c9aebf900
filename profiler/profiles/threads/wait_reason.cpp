#include "profiler/profiles/threads/wait_reason.h"

#include <fmt/format.h>

#include <algorithm>

#include "profiler/sys/modules/libc_functions.h"
#include "profiler/sys/process/made_once.h"
#include "profiler/sys/thread/lock_wait.h"
#include "profiler/sys/thread/wait_call.h"

namespace pprof::profiles {
namespace {

// C library functions that wait by futex, and the state to report: Go's term where one fits.
enum class LockKind { kNone, kMutex, kReadSide, kWriteSide };
struct WaitingFunction {
  const char* name;
  const char* state;
  LockKind lock;
};
constexpr WaitingFunction kWaitingFunctions[] = {
    {"pthread_mutex_lock", "sync.Mutex.Lock", LockKind::kMutex},
    {"pthread_mutex_timedlock", "sync.Mutex.Lock", LockKind::kMutex},
    {"pthread_mutex_clocklock", "sync.Mutex.Lock", LockKind::kMutex},
    {"pthread_cond_wait", "sync.Cond.Wait", LockKind::kNone},
    {"pthread_cond_timedwait", "sync.Cond.Wait", LockKind::kNone},
    {"pthread_cond_clockwait", "sync.Cond.Wait", LockKind::kNone},
    {"pthread_rwlock_rdlock", "sync.RWMutex.RLock", LockKind::kReadSide},
    {"pthread_rwlock_timedrdlock", "sync.RWMutex.RLock", LockKind::kReadSide},
    {"pthread_rwlock_clockrdlock", "sync.RWMutex.RLock", LockKind::kReadSide},
    {"pthread_rwlock_wrlock", "sync.RWMutex.Lock", LockKind::kWriteSide},
    {"pthread_rwlock_timedwrlock", "sync.RWMutex.Lock", LockKind::kWriteSide},
    {"pthread_rwlock_clockwrlock", "sync.RWMutex.Lock", LockKind::kWriteSide},
    {"sem_wait", "semacquire", LockKind::kNone},
    {"sem_timedwait", "semacquire", LockKind::kNone},
    {"sem_clockwait", "semacquire", LockKind::kNone},
};

struct KnownFunction {
  sys::FunctionRange range;
  const WaitingFunction* function;
};

const std::vector<KnownFunction>& KnownFunctions() {
  static sys::MadeOnce<const std::vector<KnownFunction>> known;
  return known.Get([] {
    auto* all = new std::vector<KnownFunction>;
    for (const WaitingFunction& function : kWaitingFunctions) {
      all->push_back({sys::FindLibcFunction(function.name), &function});
    }
    return all;
  });
}

sys::HeldLock LockBehind(uint64_t futex, LockKind kind) {
  switch (kind) {
    case LockKind::kMutex:
      return {futex, sys::OwnerOfMutex(futex)};
    case LockKind::kReadSide:
      return sys::RwlockOfReader(futex);
    case LockKind::kWriteSide:
      return sys::RwlockOfWriter(futex);
    case LockKind::kNone:
      break;
  }
  return {};
}

// The owner is read later than the wait: a thread that has the lock by now does not wait for
// itself.
WaitReason LockReason(const char* state, sys::HeldLock lock, const ThreadView& thread) {
  if (lock.owner == thread.tid && !sys::IsStillIn(thread.tid, thread.call)) lock.owner = 0;
  WaitReason reason{state, {}, lock.owner};
  if (lock.address != 0) reason.detail = fmt::format("lock {:#x}", lock.address);
  if (lock.owner != 0) reason.detail += fmt::format(" held by {}", lock.owner);
  return reason;
}

WaitReason FutexReason(const ThreadView& thread) {
  constexpr size_t kFramesLookedAt = 4;
  for (size_t i = 0; i < std::min(kFramesLookedAt, thread.pcs.size()); ++i) {
    for (const KnownFunction& known : KnownFunctions()) {
      if (!known.range.Holds(thread.pcs[i])) continue;
      const WaitingFunction& function = *known.function;
      return LockReason(function.state, LockBehind(thread.call.arguments[0], function.lock),
                        thread);
    }
  }
  if (const int32_t joined = sys::ThreadJoinedBy(thread.call); joined != 0) {
    return {"join", fmt::format("of {}", joined), joined};
  }
  // Such as that of a stream, which many functions of stdio take.
  return LockReason("futex wait", sys::LockOf(thread.call), thread);
}

// "socket:[31]" becomes "socket 31": brackets would end Go's header.
std::string WithoutBrackets(std::string text) {
  std::replace(text.begin(), text.end(), '[', ' ');
  text.erase(std::remove(text.begin(), text.end(), ']'), text.end());
  const size_t at = text.find(": ");
  if (at != std::string::npos) text.erase(at, 1);
  return text;
}

WaitReason SyscallReason(const ThreadView& thread) {
  const auto fd = static_cast<int>(thread.call.arguments[0]);
  switch (sys::WaitKindOf(thread.call.number)) {
    case sys::WaitKind::kDescriptor:
      return {"IO wait", fmt::format("fd {} {}", fd, WithoutBrackets(sys::DescriptorTarget(fd))),
              0};
    case sys::WaitKind::kDescriptors:
      return {"IO wait", {}, 0};
    case sys::WaitKind::kSleep:
      return {"sleep", {}, 0};
    case sys::WaitKind::kFutex:
      return FutexReason(thread);
    case sys::WaitKind::kChild:
      return {"wait for child", {}, 0};
    case sys::WaitKind::kSignal:
      return {"signal wait", {}, 0};
    case sys::WaitKind::kOther:
      break;
  }
  return {"syscall", thread.call.number < 0 ? "" : fmt::format("number {}", thread.call.number), 0};
}

}  // namespace

WaitReason ReasonOf(const ThreadView& thread) {
  switch (thread.stat.state) {
    case 'R':
      return {thread.on_cpu ? "running" : "runnable", {}, 0};
    case 'T':
    case 't':
      return {"stopped", {}, 0};
    case 'Z':
    case 'X':
      return {"dead", {}, 0};
    default:
      break;
  }
  if (!thread.call.in_kernel) return {thread.on_cpu ? "running" : "waiting", {}, 0};
  WaitReason reason = SyscallReason(thread);
  if (thread.call.interrupted) {
    reason.detail +=
        reason.detail.empty() ? "interrupted by this dump" : ", interrupted by this dump";
  }
  if (thread.stat.state == 'D') {
    reason.detail += reason.detail.empty() ? "uninterruptible" : ", uninterruptible";
  }
  return reason;
}

}  // namespace pprof::profiles
