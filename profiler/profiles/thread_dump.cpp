#include "profiler/profiles/thread_dump.h"

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
  bool own;
};
using KnownThreads = std::unordered_map<int32_t, KnownThread>;

// What the registry has, by id.
KnownThreads ReadRegistry() {
  KnownThreads known;
  signal_safe::thread_registry.ForEach(
      [](void* context, signal_safe::ThreadRecord& record) {
        const int32_t tid = record.tid.load(std::memory_order_acquire);
        (*static_cast<KnownThreads*>(context))[tid] = {
            record.creator_tid, record.created_at, record.label_set.load(std::memory_order_relaxed),
            record.own};
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
    if (const auto found = known.find(tid); found != known.end()) {
      view.ours = found->second.own;
      view.creator_tid = found->second.creator_tid;
      view.created_at = found->second.created_at;
      view.label_set = found->second.label_set;
    }
    if (view.ours && !with_own_) return;
    TakeStack(&view);
    views_.push_back(std::move(view));
  }

  void TakeStack(ThreadView* view) {
    if (view->tid == self_) return TakeOwnStack(view);
    BlockedStack blocked;
    const BlockedRead read = reader_.Read(view->tid, &blocked);
    view->cpu_nanos = blocked.cpu_nanos;
    view->call = blocked.call;
    if (read == BlockedRead::kOk) {
      view->pcs = std::move(blocked.pcs);
      view->truncated = blocked.truncated;
    } else if (read == BlockedRead::kGone) {
      view->no_stack_because = "ended meanwhile";
    } else {
      running_.push_back(view->tid);
    }
  }

  Status AskRunning() {
    std::unordered_map<int32_t, ThreadView*> by_tid;
    for (ThreadView& view : views_) by_tid[view.tid] = &view;
    return CollectSignalledStacks(
        running_, [&](int32_t tid, const signal_safe::DumpSlot* slot, const std::string& why) {
          ThreadView& view = *by_tid[tid];
          view.no_stack_because = why;
          if (slot == nullptr) return;
          view.pcs.assign(slot->pcs, slot->pcs + slot->depth);
          view.truncated = slot->truncated;
          view.label_set = slot->label_set;
        });
  }

  void NoteWhoRan() {
    for (ThreadView& view : views_) {
      uint64_t cpu_now = 0;
      view.on_cpu = view.tid == self_ || (!view.call.in_kernel &&
                                          sys::ThreadCpuNanos(view.tid, &cpu_now) &&
                                          cpu_now != view.cpu_nanos);
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
  std::vector<int32_t> running_;
};

}  // namespace

std::unordered_set<int32_t> OwnThreads() {
  std::unordered_set<int32_t> own;
  signal_safe::thread_registry.ForEach(
      [](void* context, signal_safe::ThreadRecord& record) {
        if (!record.own) return;
        static_cast<std::unordered_set<int32_t>*>(context)->insert(
            record.tid.load(std::memory_order_acquire));
      },
      &own);
  return own;
}

Result<std::vector<ThreadView>> DumpThreads(bool with_own) { return Dump(with_own).Run(); }

}  // namespace pprof::profiles
