#include "profiler/profiles/wait_reason.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "profiler/sys/libc_functions.h"
#include "profiler/sys/own_stack.h"
#include "profiler/sys/wait_call.h"

namespace pprof::profiles {
namespace {

// Functions of the C library that wait by futex, and what to call it. Go's words where they fit.
struct WaitingFunction {
  const char* name;
  const char* state;
  bool is_mutex;
};
constexpr WaitingFunction kWaitingFunctions[] = {
    {"pthread_mutex_lock", "sync.Mutex.Lock", true},
    {"pthread_mutex_timedlock", "sync.Mutex.Lock", true},
    {"pthread_mutex_clocklock", "sync.Mutex.Lock", true},
    {"pthread_cond_wait", "sync.Cond.Wait", false},
    {"pthread_cond_timedwait", "sync.Cond.Wait", false},
    {"pthread_cond_clockwait", "sync.Cond.Wait", false},
    {"pthread_rwlock_rdlock", "sync.RWMutex.RLock", false},
    {"pthread_rwlock_wrlock", "sync.RWMutex.Lock", false},
    {"sem_wait", "semacquire", false},
    {"sem_timedwait", "semacquire", false},
    {"sem_clockwait", "semacquire", false},
};

struct KnownFunction {
  sys::FunctionRange range;
  const WaitingFunction* function;
};

const std::vector<KnownFunction>& KnownFunctions() {
  static const auto& known = *[] {
    auto* all = new std::vector<KnownFunction>;
    for (const WaitingFunction& function : kWaitingFunctions) {
      all->push_back({sys::FindLibcFunction(function.name), &function});
    }
    return all;
  }();
  return known;
}

// glibc's pthread_mutex_t on x86-64: int __lock, unsigned __count, int __owner.
int32_t OwnerOfMutex(uint64_t lock_address) {
  constexpr uint64_t kOwnerOffset = 8;
  int32_t owner = 0;
  return sys::ReadOwnMemory(lock_address + kOwnerOffset, &owner, sizeof owner) ? owner : 0;
}

WaitReason FutexReason(const ThreadView& thread) {
  const sys::FutexWaitCall futex = sys::DecodeFutex(thread.call.arguments[1]);
  const uint64_t address = thread.call.arguments[0];
  constexpr size_t kFramesLookedAt = 4;
  for (size_t i = 0; i < std::min(kFramesLookedAt, thread.pcs.size()); ++i) {
    for (const KnownFunction& known : KnownFunctions()) {
      if (!known.range.Holds(thread.pcs[i])) continue;
      WaitReason reason{known.function->state, {}, 0};
      if (known.function->is_mutex) reason.waits_for_tid = OwnerOfMutex(address);
      if (reason.waits_for_tid != 0) reason.detail = fmt::format("held by {}", reason.waits_for_tid);
      return reason;
    }
  }
  // pthread_join waits for the kernel to clear the thread's id, with the id as expected value, and
  // not as a private futex, since the kernel wakes it.
  const auto expected = static_cast<int32_t>(thread.call.arguments[2]);
  if (futex.waits && !futex.private_to_process && sys::IsTask(expected)) {
    return {"join", fmt::format("of {}", expected), expected};
  }
  return {"futex wait", {}, 0};
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
      return {"IO wait", fmt::format("fd {} {}", fd, WithoutBrackets(sys::DescriptorTarget(fd))), 0};
    case sys::WaitKind::kDescriptors: return {"IO wait", {}, 0};
    case sys::WaitKind::kSleep: return {"sleep", {}, 0};
    case sys::WaitKind::kFutex: return FutexReason(thread);
    case sys::WaitKind::kChild: return {"wait for child", {}, 0};
    case sys::WaitKind::kSignal: return {"signal wait", {}, 0};
    case sys::WaitKind::kOther: break;
  }
  return {"syscall", thread.call.number < 0 ? "" : fmt::format("number {}", thread.call.number), 0};
}

}  // namespace

WaitReason ReasonOf(const ThreadView& thread) {
  switch (thread.stat.state) {
    case 'R': return {thread.on_cpu ? "running" : "runnable", {}, 0};
    case 'T': case 't': return {"stopped", {}, 0};
    case 'Z': case 'X': return {"dead", {}, 0};
    default: break;
  }
  if (!thread.call.in_kernel) return {thread.on_cpu ? "running" : "waiting", {}, 0};
  WaitReason reason = SyscallReason(thread);
  if (thread.call.interrupted) {
    reason.detail += reason.detail.empty() ? "interrupted by this dump" : ", interrupted by this dump";
  }
  if (thread.stat.state == 'D') {
    reason.detail += reason.detail.empty() ? "uninterruptible" : ", uninterruptible";
  }
  return reason;
}

std::vector<std::vector<int32_t>> FindDeadlocks(const std::vector<ThreadView>& threads,
                                                const std::vector<WaitReason>& reasons) {
  std::map<int32_t, int32_t> waits_for;
  for (size_t i = 0; i < threads.size(); ++i) {
    if (reasons[i].waits_for_tid != 0) waits_for[threads[i].tid] = reasons[i].waits_for_tid;
  }
  std::vector<std::vector<int32_t>> cycles;
  std::set<int32_t> done;
  for (const auto& entry : waits_for) {
    std::vector<int32_t> path;
    int32_t at = entry.first;
    while (at != 0 && done.insert(at).second) {
      path.push_back(at);
      const auto next = waits_for.find(at);
      at = next == waits_for.end() ? 0 : next->second;
    }
    const auto begin = std::find(path.begin(), path.end(), at);
    if (begin != path.end()) cycles.emplace_back(begin, path.end());
  }
  return cycles;
}

}  // namespace pprof::profiles
