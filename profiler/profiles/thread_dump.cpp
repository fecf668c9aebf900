#include "profiler/profiles/thread_dump.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include "profiler/profiles/blocked_stack.h"
#include "profiler/profiles/signalled_stacks.h"
#include "profiler/profiles/vanished_threads.h"
#include "profiler/signal_safe/thread_registry.h"
#include "profiler/signal_safe/unwind.h"
#include "profiler/sys/thread_id.h"

namespace pprof::profiles {
namespace {

struct KnownThread {
  int32_t creator_tid;
  const signal_safe::StackEntry* created_at;
  uint32_t label_set;
};
using KnownThreads = std::unordered_map<int32_t, KnownThread>;

// What the registry has, by id.
KnownThreads ReadRegistry() {
  KnownThreads known;
  signal_safe::thread_registry.ForEach(
      [](void* context, signal_safe::ThreadRecord& record) {
        const int32_t tid = record.tid.load(std::memory_order_acquire);
        (*static_cast<KnownThreads*>(context))[tid] = {
            record.creator_tid, record.created_at, record.label_set.load(std::memory_order_relaxed)};
      },
      &known);
  return known;
}

void TakeOwnStack(ThreadView* view) {
  view->pcs.resize(signal_safe::kMaxStackDepth);
  const signal_safe::UnwindResult result =
      signal_safe::UnwindOwnStack(view->pcs.data(), view->pcs.size());
  view->pcs.resize(result.depth);
  view->truncated = result.truncated;
  sys::ThreadCpuNanos(view->tid, &view->cpu_nanos);
}

class Dump {
 public:
  explicit Dump(bool with_own) : with_own_(with_own), self_(sys::ThreadId()) {}

  Result<std::vector<ThreadView>> Run() {
    const std::vector<int32_t> tids = sys::ListTasks();
    if (tids.empty()) {
      return Status(StatusCode::kUnsupported,
                    "no thread stacks: /proc/self/task cannot be read in this environment");
    }
    DropVanishedThreads(tids);
    const KnownThreads known = ReadRegistry();
    for (const int32_t tid : tids) Look(tid, known);
    for (ThreadView& view : views_) by_tid_[view.tid] = &view;
    LookAgainAtRunning();
    const Status asked = AskRunning();
    if (!asked.ok()) ExplainMissing(asked.message());
    NoteWhoRan();
    return std::move(views_);
  }

 private:
  void Look(int32_t tid, const KnownThreads& known) {
    ThreadView view;
    view.tid = tid;
    if (!sys::ReadTaskStat(tid, &view.stat)) return;  // ended meanwhile
    view.ours = IsOwnThreadName(view.stat.name);
    if (view.ours && !with_own_) return;
    if (const auto found = known.find(tid); found != known.end()) {
      view.creator_tid = found->second.creator_tid;
      view.created_at = found->second.created_at;
      view.label_set = found->second.label_set;
    }
    if (view.tid == self_) TakeOwnStack(&view);
    else if (!TakeBlockedStack(&view)) running_.push_back(tid);
    views_.push_back(std::move(view));
  }

  // False: it runs. The state is that of the moment of the stack, whatever was read before.
  bool TakeBlockedStack(ThreadView* view) {
    BlockedStack blocked;
    const BlockedRead read = reader_.Read(view->tid, &blocked);
    view->cpu_nanos = blocked.cpu_nanos;
    view->call = blocked.call;
    if (read == BlockedRead::kGone) view->no_stack_because = "ended meanwhile";
    if (read != BlockedRead::kOk) return read == BlockedRead::kGone;
    view->pcs = std::move(blocked.pcs);
    view->truncated = blocked.truncated;
    if (view->stat.state == 'R') view->stat.state = 'S';
    return true;
  }

  // Those that wait by now need no signal, and their calls are not interrupted.
  void LookAgainAtRunning() {
    const auto waits_now = [this](int32_t tid) { return TakeBlockedStack(by_tid_[tid]); };
    running_.erase(std::remove_if(running_.begin(), running_.end(), waits_now), running_.end());
  }

  // The handler's stack is that of a running thread, unless the signal came while it waited.
  static void TakeAnswer(const signal_safe::DumpSlot& slot, ThreadView* view) {
    view->pcs.assign(slot.pcs, slot.pcs + slot.depth);
    view->truncated = slot.truncated;
    view->label_set = slot.label_set;
    view->call = {};
    view->call.in_kernel = slot.call.in_call;
    view->call.number = slot.call.number;
    std::copy(std::begin(slot.call.arguments), std::end(slot.call.arguments), view->call.arguments);
    view->call.interrupted = slot.call.in_call;
    view->stat.state = slot.call.in_call ? 'S' : 'R';
  }

  Status AskRunning() {
    return CollectSignalledStacks(
        running_, [&](int32_t tid, const signal_safe::DumpSlot* slot, const std::string& why) {
          ThreadView& view = *by_tid_[tid];
          view.no_stack_because = why;
          if (slot != nullptr) TakeAnswer(*slot, &view);
        });
  }

  void NoteWhoRan() {
    for (ThreadView& view : views_) {
      uint64_t cpu_now = 0;
      view.on_cpu = view.tid == self_ || (!view.call.in_kernel &&
                                          sys::ThreadCpuNanos(view.tid, &cpu_now) &&
                                          cpu_now != view.cpu_nanos);
      const bool starved = view.pcs.empty() && view.stat.state == 'R' && !view.on_cpu;
      if (starved && !view.no_stack_because.empty()) view.no_stack_because += "; it had no CPU";
    }
  }

  void ExplainMissing(const std::string& why) {
    for (ThreadView& view : views_) {
      if (view.pcs.empty() && view.no_stack_because.empty()) view.no_stack_because = why;
    }
  }

  const bool with_own_;
  const int32_t self_;
  BlockedStackReader reader_;
  std::vector<ThreadView> views_;
  std::unordered_map<int32_t, ThreadView*> by_tid_;  // once views_ is complete
  std::vector<int32_t> running_;
};

}  // namespace

bool IsOwnThreadName(const std::string& name) { return name.rfind("pprof-", 0) == 0; }

Result<std::vector<ThreadView>> DumpThreads(bool with_own) { return Dump(with_own).Run(); }

}  // namespace pprof::profiles
