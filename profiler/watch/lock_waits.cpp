#include "profiler/watch/lock_waits.h"

#include <algorithm>

#include "profiler/sys/thread/lock_wait.h"
#include "profiler/sys/thread/tasks.h"
#include "profiler/sys/thread/this_thread.h"

namespace pprof::watch {
namespace {

constexpr int64_t kShortestPause = int64_t{2} * 1000000000;
constexpr int64_t kPauseByCost = 5000;  // 0.02 % of a CPU

int64_t OwnCpuNanos() {
  uint64_t nanos = 0;
  return sys::ThreadCpuNanos(sys::ThreadId(), &nanos) ? static_cast<int64_t>(nanos) : 0;
}

}  // namespace

std::vector<LockWaits::Waiter> LockWaits::ListWaiters(int64_t now) const {
  std::vector<Waiter> waiters;
  const sys::ScopedTaskFolder folder;
  for (const int32_t tid : sys::ListTasks()) {
    sys::TaskSyscall call;
    uint64_t cpu_nanos = 0;
    if (sys::ReadTaskSyscall(tid, &call) != sys::TaskRead::kOk) continue;
    const sys::HeldLock lock = sys::LockOf(call);
    if (lock.address == 0 || !sys::ThreadCpuNanos(tid, &cpu_nanos)) continue;
    const Waiter* before = WaiterOf(tid);
    const bool same =
        before != nullptr && before->lock == lock.address && before->cpu_nanos == cpu_nanos;
    waiters.push_back({tid, lock.owner, lock.address, cpu_nanos, same ? before->since : now});
  }
  return waiters;
}

const LockWaits::Waiter* LockWaits::WaiterOf(int32_t tid) const {
  const auto at =
      std::lower_bound(waiters_.begin(), waiters_.end(), tid,
                       [](const Waiter& waiter, int32_t wanted) { return waiter.tid < wanted; });
  return at != waiters_.end() && at->tid == tid ? &*at : nullptr;
}

// Follows owners from each wait that is not new.
bool LockWaits::HasCycle(int64_t now) const {
  for (const Waiter& first : waiters_) {
    const Waiter* at = &first;
    for (size_t steps = 0; at != nullptr && at->since < now && steps < waiters_.size(); ++steps) {
      if (at->owner == first.tid) return true;
      at = WaiterOf(at->owner);
    }
  }
  return false;
}

LockWaits::Found LockWaits::Look(int64_t now, int64_t wait_nanos) {
  if (now < next_look_) return {};
  const int64_t begin = OwnCpuNanos();
  waiters_ = ListWaiters(now);
  Found found;
  found.deadlock = HasCycle(now);
  found.long_wait = std::any_of(waiters_.begin(), waiters_.end(), [&](const Waiter& waiter) {
    return now - waiter.since >= wait_nanos;
  });
  const int64_t cost = OwnCpuNanos() - begin;
  next_look_ = now + std::max(kShortestPause, cost * kPauseByCost);
  return found;
}

}  // namespace pprof::watch
