#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "profiler/profiles/holders/roots/program_roots.h"
#include "profiler/profiles/threads/blocked_stack.h"
#include "profiler/profiles/threads/signalled_stacks.h"
#include "profiler/profiles/threads/thread_dump.h"
#include "profiler/sys/process/process.h"
#include "profiler/sys/thread/control_block.h"
#include "profiler/sys/thread/own_thread.h"
#include "profiler/sys/thread/tasks.h"
#include "profiler/sys/thread/this_thread.h"

namespace pprof::profiles::holders {
namespace {

constexpr uint64_t kWord = sizeof(uint64_t);
constexpr uint64_t kRedZone = 128;  // below the stack pointer; System V ABI for x86-64

// False: it runs.
bool TakeWaiting(BlockedStackReader* reader, ThreadRoots* thread) {
  BlockedStack stack;
  const BlockedRead read = reader->Read(thread->tid, &stack);
  if (read == BlockedRead::kRunning) return false;
  if (read != BlockedRead::kOk) return true;
  thread->sp = stack.call.sp;
  thread->pcs = std::move(stack.pcs);
  thread->sps = std::move(stack.sps);
  if (stack.call.number >= 0) {
    thread->words.assign(std::begin(stack.call.arguments), std::end(stack.call.arguments));
  }
  return true;
}

void TakeAnswer(const signal_safe::DumpSlot& slot, ThreadRoots* thread) {
  thread->pcs.assign(slot.pcs, slot.pcs + slot.depth);
  thread->sps.assign(slot.sps, slot.sps + slot.depth);
  thread->words.assign(std::begin(slot.registers), std::end(slot.registers));
  if (slot.depth > 0) thread->sp = slot.sps[0];
}

void TakeRunning(ProgramRoots* program, const std::vector<int32_t>& running) {
  std::unordered_map<int32_t, ThreadRoots*> by_tid;
  for (ThreadRoots& thread : program->threads) by_tid[thread.tid] = &thread;
  // Without a signal, or an answer, all of the thread's stack is looked through.
  const Status asked = CollectSignalledStacks(
      running, [&](int32_t tid, const signal_safe::DumpSlot* slot, const std::string&) {
        if (slot != nullptr) TakeAnswer(*slot, by_tid[tid]);
      });
  static_cast<void>(asked);
}

const Mapping* MappingOf(const ProgramRoots& program, uint64_t address) {
  const auto& list = program.mappings;
  const auto after = std::upper_bound(list.begin(), list.end(), address,
                                      [](uint64_t a, const Mapping& m) { return a < m.end; });
  return after != list.end() && after->begin <= address ? &*after : nullptr;
}

class StackRoots {
 public:
  StackRoots(ProgramRoots* program, Ranges* taken) : program_(*program), taken_(*taken) {}

  void Add(const ThreadRoots& thread) {
    const uint64_t block = thread.control_block;
    const Mapping* home = block == 0 ? nullptr : MappingOf(program_, block);
    const Mapping* now = thread.sp == 0 ? nullptr : MappingOf(program_, thread.sp);
    const uint64_t locals = block - program_.thread_local_bytes;
    if (home != nullptr) {
      const uint64_t end = std::min(block + sys::kControlBlockBytes, home->end);
      const bool is_stack = thread.tid != main_;
      taken_.push_back({is_stack ? home->begin : locals, end});
      AddRoot(thread, std::max(locals, home->begin), end, RootKind::kThreadLocal);
      if (is_stack && now != home) AddRoot(thread, home->begin, locals, RootKind::kStack);
    }
    if (now == nullptr) return;
    const bool at_home = now == home && thread.sp < locals;
    const uint64_t top = std::min(now->end, thread.sp + kMostOfForeignStack);
    const uint64_t end = at_home ? locals : (now->path == "[stack]" ? now->end : top);
    AddRoot(thread, std::max(now->begin, thread.sp - kRedZone), end, RootKind::kStack);
    taken_.push_back({thread.sp, end});
  }

 private:
  // A coroutine's stack may lie in any memory.
  static constexpr uint64_t kMostOfForeignStack = uint64_t{1} << 20;

  void AddRoot(const ThreadRoots& thread, uint64_t begin, uint64_t end, RootKind kind) {
    begin = begin / kWord * kWord;
    end = end / kWord * kWord;
    if (!thread.searches && begin < end) program_.roots.push_back({begin, end, kind, thread.tid});
  }

  ProgramRoots& program_;
  Ranges& taken_;
  const int32_t main_ = sys::ProcessId();
};

// The thread-locals of modules loaded at start lie at the same places in all threads.
void DescribeThreadLocals(ProgramRoots* program) {
  constexpr uint64_t kMost = uint64_t{1} << 20;
  const uint64_t block = sys::ControlBlockOf(sys::ThreadId());
  for (const sys::LoadedImage& image : program->images) {
    const uint64_t below = block - image.thread_locals;
    const bool at_block = image.thread_locals != 0 && block != 0 && below < kMost;
    program->thread_locals_below.push_back(at_block ? below : 0);
    if (at_block) program->thread_local_bytes = std::max(program->thread_local_bytes, below);
  }
}

}  // namespace

void DescribeThreads(ProgramRoots* program) {
  DescribeThreadLocals(program);
  std::unordered_set<int32_t> own;
  const std::vector<int32_t> tids = sys::ListTasks();
  OwnThreads(&own);
  const sys::ScopedTaskFolder folder;
  BlockedStackReader reader;
  std::vector<int32_t> running;
  for (const int32_t tid : tids) {
    ThreadRoots thread;
    sys::TaskStat stat;
    if (!sys::ReadTaskStat(tid, &stat)) continue;
    thread.tid = tid;
    thread.name = stat.name;
    thread.searches = tid == sys::ThreadId();
    thread.control_block = sys::ControlBlockOf(tid);
    const bool ours = own.count(tid) != 0 || sys::HasOwnName(stat.name);
    if (ours) {
      TakeWaiting(&reader, &thread);
    } else if (!stat.kernel_worker && !TakeWaiting(&reader, &thread)) {
      running.push_back(tid);
    }
    program->threads.push_back(std::move(thread));
  }
  TakeRunning(program, running);
}

bool AddThreadRoots(RequestMemory* memory, ProgramRoots* program, Ranges* taken) {
  size_t count = 0;
  for (const ThreadRoots& thread : program->threads) count += thread.words.size();
  auto* words = memory->Allocate<uint64_t>(count);
  if (words == nullptr) return false;
  StackRoots stacks(program, taken);
  for (ThreadRoots& thread : program->threads) {
    stacks.Add(thread);
    if (thread.words.empty()) continue;
    const auto begin = reinterpret_cast<uint64_t>(words);
    words = std::copy(thread.words.begin(), thread.words.end(), words);
    program->roots.push_back(
        {begin, reinterpret_cast<uint64_t>(words), RootKind::kRegister, thread.tid});
    // Where the search would find them again.
    std::fill(thread.words.begin(), thread.words.end(), 0);
  }
  return true;
}

}  // namespace pprof::profiles::holders
