#include "profiler/profiles/wall/wall_window.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <tuple>
#include <utility>

#include "profiler/labels/label_table.h"
#include "profiler/model/snapshot_access.h"
#include "profiler/profiles/stack_view.h"
#include "profiler/profiles/threads/thread_dump.h"
#include "profiler/profiles/threads/wait_reason.h"
#include "profiler/signal_safe/tables/thread_registry.h"
#include "profiler/sys/thread/tasks.h"
#include "profiler/sys/time/clock.h"

namespace pprof::profiles {
namespace {

// Ticks until the next look at a thread that has waited this long. A thread that cycles through
// several waits must be seen in each, so the pause must not be much longer than the wait.
constexpr uint32_t kLongestPatience = 16;
uint32_t PatienceAfter(uint32_t waited_ticks) {
  return std::clamp(waited_ticks / 8, uint32_t{1}, kLongestPatience);
}
// Threads are counted every 100 ms, and listed if the number differs from that known: listing 1,000
// takes 2 ms. One may have ended and another started, so they are listed every second anyway, but
// listing takes at most 2 % of a CPU.
constexpr uint64_t kCountEvery = 100'000'000;
constexpr uint64_t kListEvery = 1'000'000'000;
constexpr uint64_t kRestAfterList = 50;

// Called once per look that finds a new stack. Linear search: the registry has no index by id.
uint32_t LabelsOfThread(int32_t wanted) {
  uint32_t labels = labels::kNoLabels;
  signal_safe::thread_registry.ForEach([&](int32_t tid, signal_safe::ThreadRecord& record) {
    if (tid == wanted) labels = record.label_set.load(std::memory_order_relaxed);
  });
  return labels;
}

}  // namespace

bool WallWindow::Waiting::operator<(const Waiting& other) const {
  return std::tie(label_set, end, state, pcs) <
         std::tie(other.label_set, other.end, other.state, other.pcs);
}

WallWindow::WallWindow(std::chrono::nanoseconds tick, WaitedToRun on_waited)
    : tick_(tick), on_waited_(std::move(on_waited)) {
  ListThreads(sys::MonotonicNanos());
}

void WallWindow::Tick() {
  const sys::ScopedTaskFolder folder;
  const uint64_t now = sys::MonotonicNanos();
  ++ticks_;
  if (now >= next_count_) ListThreadsIfChanged(now);
  for (auto& [tid, thread] : threads_) {
    if (!thread.ours && thread.next_tick <= ticks_) Look(tid, thread, sys::MonotonicNanos());
  }
  if (any_gone_) DropGone();
}

void WallWindow::Finish() {
  for (auto& [tid, thread] : threads_) {
    if (!thread.ours) Look(tid, thread, sys::MonotonicNanos());
  }
  DropGone();
}

// Thread ids are reused, and memory must not grow with the number of ended threads.
void WallWindow::DropGone() {
  any_gone_ = false;
  for (auto at = threads_.begin(); at != threads_.end();) {
    const Thread& thread = at->second;
    if (thread.gone) ran_and_gone_ += thread.ran;
    at = thread.gone ? threads_.erase(at) : std::next(at);
  }
}

void WallWindow::ListThreadsIfChanged(uint64_t now) {
  next_count_ = now + kCountEvery;
  const bool changed = sys::CountTasks() != threads_.size();
  if (now >= next_list_ || (changed && now >= rest_until_)) ListThreads(now);
}

// A new thread is tracked from when it is found; its first moments are missed.
void WallWindow::ListThreads(uint64_t now) {
  const std::vector<int32_t> tids = sys::ListTasks();
  const std::unordered_set<int32_t> own = OwnThreads();  // after the list, to include all
  for (const int32_t tid : tids) {
    const auto [at, is_new] = threads_.emplace(tid, Thread{});
    if (!is_new) continue;
    if (!sys::ThreadCpuNanos(tid, &at->second.cpu_nanos)) {
      threads_.erase(at);
      continue;
    }
    at->second.ours = own.count(tid) != 0;
    sys::ThreadRunDelayNanos(tid, &at->second.run_delay);
    at->second.seen_nanos = now;
  }
  const uint64_t end = sys::MonotonicNanos();
  rest_until_ = end + kRestAfterList * (end - now);
  next_list_ = std::max(end + kListEvery, rest_until_);
}

void WallWindow::Look(int32_t tid, Thread& thread, uint64_t now) {
  uint64_t cpu = 0;
  if (!sys::ThreadCpuNanos(tid, &cpu)) {
    thread.gone = any_gone_ = true;
    return;
  }
  const uint64_t elapsed = now - thread.seen_nanos;
  const uint64_t ran = std::min(cpu - thread.cpu_nanos, elapsed);
  const bool stood_still = cpu == thread.cpu_nanos && thread.waiting != nullptr;
  thread.seen_nanos = now;
  thread.cpu_nanos = cpu;
  thread.ran += ran;
  if (stood_still) {
    thread.waiting->second += elapsed;
  } else {
    thread.waits_since = ticks_;
    LookAtStack(tid, thread, elapsed - ran);
  }
  thread.next_tick = ticks_ + PatienceAfter(ticks_ - thread.waits_since);
}

// Moves time since the last look for which the thread was runnable without a CPU to its running
// time. On a saturated machine that is most of a busy thread's time; it is attributed to the stacks
// the thread ran with.
uint64_t WallWindow::TakeRunDelay(int32_t tid, Thread& thread, uint64_t at_most) {
  uint64_t delay = thread.run_delay;
  if (!sys::ThreadRunDelayNanos(tid, &delay)) return 0;
  const uint64_t since = std::min(delay - thread.run_delay, at_most);
  thread.run_delay = delay;
  NoteWaitedToRun(tid, thread, since);
  return since;
}

void WallWindow::NoteWaitedToRun(int32_t tid, Thread& thread, uint64_t nanos) {
  thread.ran += nanos;
  if (nanos != 0) on_waited_(tid, nanos);
}

// The thread ran since the last look. Its waiting time is split between the old and the new stack:
// it waited for a while with the old one, ran, and then waited with the new one.
void WallWindow::LookAtStack(int32_t tid, Thread& thread, uint64_t off_cpu) {
  off_cpu -= TakeRunDelay(tid, thread, off_cpu);
  auto* const before = std::exchange(thread.waiting, nullptr);
  BlockedStack stack;
  const BlockedRead read = reader_.Read(tid, &stack);
  if (read == BlockedRead::kOk) thread.waiting = NoteWaiting(tid, &stack);
  if (read == BlockedRead::kRefused) thread.waiting = NoteWaitingUnseen(tid);
  if (before == nullptr && thread.waiting == nullptr) {
    NoteWaitedToRun(tid, thread, off_cpu);  // it waited between the looks; the reason is unknown
    return;
  }
  const uint64_t with_new = thread.waiting == nullptr ? 0
                            : before == nullptr       ? off_cpu
                                                      : off_cpu / 2;
  if (thread.waiting != nullptr) thread.waiting->second += with_new;
  if (before != nullptr) before->second += off_cpu - with_new;
}

WallWindow::WaitingTime* WallWindow::NoteWaiting(int32_t tid, BlockedStack* stack) {
  ThreadView view;
  view.call = stack->call;
  view.stat.state = 'S';
  view.pcs = std::move(stack->pcs);
  std::string state = ReasonOf(view).state;
  Waiting key{std::move(view.pcs), stack->end, LabelsOfThread(tid), std::move(state)};
  return &*waited_.emplace(std::move(key), 0).first;
}

// The process is not dumpable or is sandboxed: the thread is known to wait, but not where.
WallWindow::WaitingTime* WallWindow::NoteWaitingUnseen(int32_t tid) {
  sys::TaskStat stat;
  if (!sys::ReadTaskStat(tid, &stat) || stat.state == 'R') return nullptr;
  return &*waited_.emplace(Waiting{{}, signal_safe::StackEnd::kRoot, LabelsOfThread(tid), "waiting"}, 0).first;
}

void WallWindow::WriteTo(const CpuWindow* on_cpu, SnapshotBuilder& builder) const {
  const auto ticks_of = [this](uint64_t nanos) {
    return std::llround(static_cast<double>(nanos) / static_cast<double>(tick_.count()));
  };
  for (const auto& [stack, nanos] : waited_) {
    if (nanos == 0) continue;
    std::vector<Label> labels = labels::LabelsOf(stack.label_set);
    labels.push_back({"state", stack.state, 0, {}});
    const std::vector<int64_t> values{ticks_of(nanos), static_cast<int64_t>(nanos)};
    if (stack.pcs.empty()) {
      model::SnapshotAccess::BuilderOf(builder).AddNamed(
          "[no stack: /proc and process_vm_readv are denied]", values.data(), labels);
    } else {
      builder.Add(ViewOf(stack.pcs, stack.end), values, labels);
    }
  }
  std::vector<int32_t> tids;
  uint64_t running = ran_and_gone_;
  for (const auto& [tid, thread] : threads_) {
    if (!thread.ours) tids.push_back(tid);
    running += thread.ran;
  }
  if (on_cpu != nullptr) {
    on_cpu->WriteRunning(tids, static_cast<uint64_t>(tick_.count()), builder);
  } else if (running != 0) {
    builder.AddNamed("[running]", {ticks_of(running), static_cast<int64_t>(running)});
  }
}

}  // namespace pprof::profiles
