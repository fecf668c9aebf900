#include "profiler/profiles/threads/deadlocks.h"

#include <algorithm>
#include <map>
#include <set>

#include "profiler/sys/thread/tasks.h"

namespace pprof::profiles {
namespace {

// A thread of a cycle: the wait of the dump, for the next thread of the cycle.
struct Member {
  const ThreadView* thread;
  int32_t waits_for;
};

std::vector<Member> MembersOf(const std::vector<int32_t>& cycle,
                              const std::vector<ThreadView>& threads) {
  std::vector<Member> members;
  for (size_t i = 0; i < cycle.size(); ++i) {
    const auto thread = std::lower_bound(
        threads.begin(), threads.end(), cycle[i],
        [](const ThreadView& view, int32_t tid) { return view.tid < tid; });  // ascending by id
    members.push_back({&*thread, cycle[(i + 1) % cycle.size()]});
  }
  return members;
}

// Whether the thread is in the same wait as in the dump, and the CPU time it has used until now.
bool StillWaits(const Member& member, uint64_t* cpu_nanos) {
  const ThreadView& thread = *member.thread;
  return sys::ThreadCpuNanos(thread.tid, cpu_nanos) && sys::IsStillIn(thread.tid, thread.call) &&
         ReasonOf(thread).waits_for_tid == member.waits_for;
}

bool IsThereNow(const std::vector<Member>& members) {
  std::vector<uint64_t> used(members.size());
  for (size_t i = 0; i < members.size(); ++i) {
    if (!StillWaits(members[i], &used[i])) return false;
  }
  for (size_t i = 0; i < members.size(); ++i) {
    uint64_t now = 0;
    if (!StillWaits(members[i], &now) || now != used[i]) return false;
  }
  return true;
}

}  // namespace

std::vector<std::vector<int32_t>> FindCycles(const std::vector<ThreadView>& threads,
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

std::vector<std::vector<int32_t>> FindDeadlocks(const std::vector<ThreadView>& threads,
                                                const std::vector<WaitReason>& reasons) {
  std::vector<std::vector<int32_t>> cycles = FindCycles(threads, reasons);
  cycles.erase(std::remove_if(cycles.begin(), cycles.end(),
                              [&](const std::vector<int32_t>& cycle) {
                                return !IsThereNow(MembersOf(cycle, threads));
                              }),
               cycles.end());
  return cycles;
}

}  // namespace pprof::profiles
