// Threads that are not there, in place of LiveThreads: a test moves them and the clock.
#pragma once

#include <sys/syscall.h>

#include <cstdint>
#include <map>
#include <unordered_set>
#include <vector>

#include "profiler/profiles/threads/blocked_stack.h"

namespace pprof::testing {

struct MadeUpThread {
  uint64_t cpu = 0;
  uint64_t run_delay = 0;
  bool tells_run_delay = true;
  // The next look at its stack finds these.
  profiles::BlockedRead read = profiles::BlockedRead::kRunning;
  std::vector<uintptr_t> pcs;
  int64_t call = SYS_nanosleep;
  uint32_t label_set = 0;
  bool waits = true;  // for /proc's stat, where the stack is refused
  bool kernel_worker = false;
  int clock_looks = 0;
  int stack_looks = 0;

  void WaitIn(std::vector<uintptr_t> stack, int64_t system_call = SYS_nanosleep) {
    read = profiles::BlockedRead::kOk;
    pcs = std::move(stack);
    call = system_call;
  }
  void Run() { read = profiles::BlockedRead::kRunning; }
};

struct MadeUpProcess {
  uint64_t now = 1'000'000'000;
  uint64_t list_takes = 0;  // so long each list of the threads lasts
  std::map<int32_t, MadeUpThread> threads;
  std::unordered_set<int32_t> own;
  bool own_is_complete = true;
  int counts = 0;
  int lists = 0;
};

class MadeUpThreads {
 public:
  struct Folder {
    // NOLINTNEXTLINE(modernize-use-equals-default): a trivial type would be an unused variable
    Folder() {}
  };

  explicit MadeUpThreads(MadeUpProcess* process) : process_(process) {}

  uint64_t Now() const { return process_->now; }
  size_t Count() const {
    ++process_->counts;
    return process_->threads.size();
  }
  std::vector<int32_t> List() const {
    ++process_->lists;
    process_->now += process_->list_takes;
    std::vector<int32_t> tids;
    for (const auto& entry : process_->threads) tids.push_back(entry.first);
    return tids;
  }
  bool Own(std::unordered_set<int32_t>* own) const {
    *own = process_->own;
    return process_->own_is_complete;
  }
  bool CpuNanos(int32_t tid, uint64_t* nanos) const {
    MadeUpThread* thread = Find(tid);
    if (thread == nullptr) return false;
    ++thread->clock_looks;
    *nanos = thread->cpu;
    return true;
  }
  bool RunDelayNanos(int32_t tid, uint64_t* nanos) const {
    const MadeUpThread* thread = Find(tid);
    if (thread == nullptr || !thread->tells_run_delay) return false;
    *nanos = thread->run_delay;
    return true;
  }
  bool Waits(int32_t tid) const {
    const MadeUpThread* thread = Find(tid);
    return thread != nullptr && thread->waits;
  }
  bool IsKernelWorker(int32_t tid) const {
    const MadeUpThread* thread = Find(tid);
    return thread != nullptr && thread->kernel_worker;
  }
  uint32_t LabelsOf(int32_t tid) const { return process_->threads.at(tid).label_set; }
  profiles::BlockedRead ReadStack(int32_t tid, profiles::BlockedStack* stack) {
    MadeUpThread* thread = Find(tid);
    if (thread == nullptr) return profiles::BlockedRead::kGone;
    ++thread->stack_looks;
    stack->pcs = thread->pcs;
    stack->call.in_kernel = true;
    stack->call.number = thread->call;
    return thread->read;
  }

 private:
  MadeUpThread* Find(int32_t tid) const {
    const auto found = process_->threads.find(tid);
    return found == process_->threads.end() ? nullptr : &found->second;
  }

  MadeUpProcess* process_;
};

}  // namespace pprof::testing
