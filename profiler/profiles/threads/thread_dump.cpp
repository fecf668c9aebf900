#include "profiler/profiles/threads/thread_dump.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <thread>
#include <unordered_map>

#include "profiler/profiles/threads/blocked_stack.h"
#include "profiler/profiles/threads/signalled_stacks.h"
#include "profiler/profiles/threads/vanished_threads.h"
#include "profiler/signal_safe/hooks/on_thread.h"
#include "profiler/signal_safe/tables/thread_registry.h"
#include "profiler/signal_safe/unwind/unwind.h"
#include "profiler/sys/thread/own_thread.h"
#include "profiler/sys/thread/this_thread.h"
#include "profiler/sys/thread/wait_time.h"

namespace pprof::profiles {
namespace {

using KnownThreads = std::unordered_map<int32_t, signal_safe::ThreadFacts>;

// The registry's contents by thread id.
KnownThreads ReadRegistry() {
  KnownThreads known;
  signal_safe::thread_registry.ForEach(
      [&](const signal_safe::ThreadFacts& thread, signal_safe::ThreadRecord&) {
        known[thread.tid] = thread;
      });
  return known;
}

void TakeOwnStack(ThreadView* view) {
  view->pcs.resize(signal_safe::kMaxStackDepth);
  const signal_safe::UnwindResult result =
      signal_safe::UnwindOwnStack(view->pcs.data(), view->pcs.size());
  view->pcs.resize(result.depth);
  view->end = result.end;
  sys::ThreadCpuNanos(view->tid, &view->cpu_nanos);
}

// Inspects threads without disturbing them. Used by a single thread.
class ThreadInspector {
 public:
  // `asker`: the thread that runs the dump, which takes its own stack.
  ThreadInspector(const DumpOptions& options, const KnownThreads& known, int32_t asker)
      : options_(options), known_(known), asker_(asker) {}

  // False: the thread ended or is excluded. A running one has no stack yet.
  bool Inspect(int32_t tid, ThreadView* view) {
    view->tid = tid;
    if (!sys::ReadTaskStat(tid, &view->stat)) return false;
    if (const auto found = known_.find(tid); found != known_.end()) {
      view->ours = found->second.own;
      view->creator_tid = found->second.creator_tid;
      view->created_at = found->second.created_at;
      view->label_set = found->second.label_set;
    } else {
      // It has given its record back, and is about to end.
      view->ours = sys::HasOwnName(view->stat.name);
    }
    if (view->ours && !options_.with_own) return false;
    if (view->stat.kernel_worker) {
      sys::ThreadCpuNanos(tid, &view->cpu_nanos);
      view->no_stack_because = "a worker of the kernel (io_uring, vhost) has none";
    } else if (tid != asker_) {
      TakeBlockedStack(view);
    }
    return true;
  }

  // False: it runs. The state is updated to the moment of the stack.
  bool TakeBlockedStack(ThreadView* view) {
    BlockedStack blocked;
    const BlockedRead read = reader_.Read(view->tid, &blocked);
    view->cpu_nanos = blocked.cpu_nanos;
    view->call = blocked.call;
    if (read == BlockedRead::kGone) view->no_stack_because = "ended during the dump";
    if (read != BlockedRead::kOk) return read == BlockedRead::kGone;
    // Not moved: it has room for the deepest stack, 1 KiB a thread.
    view->pcs.assign(blocked.pcs.begin(), blocked.pcs.end());
    view->end = blocked.end;
    if (view->stat.state == 'R') view->stat.state = 'S';
    if (options_.with_wait_times) sys::ReadLastRan(view->tid, &view->last_ran);
    return true;
  }

 private:
  const DumpOptions options_;
  const KnownThreads& known_;
  const int32_t asker_;
  const sys::ScopedTaskFolder folder_;
  BlockedStackReader reader_;
};

// All included threads, ascending by id.
std::vector<ThreadView> InspectAll(const std::vector<int32_t>& tids, const DumpOptions& options,
                                   const KnownThreads& known) {
  constexpr size_t kAtATime = 32;
  std::vector<ThreadView> views(tids.size());
  std::atomic<size_t> next{0};
  const int32_t self = sys::ThreadId();
  const auto work = [&] {
    ThreadInspector inspector(options, known, self);
    for (size_t begin; (begin = next.fetch_add(kAtATime)) < tids.size();) {
      for (size_t i = begin; i < std::min(begin + kAtATime, tids.size()); ++i) {
        if (!inspector.Inspect(tids[i], &views[i])) views[i].tid = 0;
      }
    }
  };
  constexpr size_t kThreadsAHelper = 256;
  constexpr size_t kMostHelpers = 3;
  const size_t cpus = std::max(1u, std::thread::hardware_concurrency());
  std::vector<sys::OwnThread> helpers(
      std::min({tids.size() / kThreadsAHelper, cpus - 1, kMostHelpers}));
  for (sys::OwnThread& helper : helpers) helper = sys::OwnThread::Start("pprof-dump", work);
  work();
  helpers.clear();  // waits for them
  const auto left_out = [](const ThreadView& view) { return view.tid == 0; };
  views.erase(std::remove_if(views.begin(), views.end(), left_out), views.end());
  return views;
}

class Dump {
 public:
  explicit Dump(const DumpOptions& options) : options_(options), self_(sys::ThreadId()) {}

  Result<std::vector<ThreadView>> Run() {
    const std::vector<int32_t> tids = sys::ListTasks();
    if (const std::string why = sys::WhyNoTasks(tids); !why.empty()) {
      return Status(StatusCode::kUnsupported, "no thread stacks: " + why);
    }
    DropVanishedThreads(tids);
    signal_safe::AwaitNewbornOwnThreads();
    const KnownThreads known = ReadRegistry();
    views_ = InspectAll(tids, options_, known);
    InspectRunningAgain(known);
    const Status asked = AskRunning();
    if (!asked.ok()) ExplainMissing(asked.message());
    NoteWhoRan();
    return std::move(views_);
  }

 private:
  // Threads that wait by now need no signal, and their calls are not interrupted.
  void InspectRunningAgain(const KnownThreads& known) {
    ThreadInspector inspector(options_, known, self_);
    for (ThreadView& view : views_) {
      by_tid_[view.tid] = &view;
      if (view.tid == self_) TakeOwnStack(&view);
      const bool has_line = !view.pcs.empty() || !view.no_stack_because.empty();
      if (!has_line && !inspector.TakeBlockedStack(&view)) running_.push_back(view.tid);
    }
  }

  // The answer is a running thread's stack, unless the signal arrived while it waited.
  static void TakeAnswer(const signal_safe::DumpSlot& slot, ThreadView* view) {
    view->pcs.assign(slot.pcs, slot.pcs + slot.depth);
    view->end = slot.end;
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
      view.on_cpu =
          view.tid == self_ || (!view.call.in_kernel && sys::ThreadCpuNanos(view.tid, &cpu_now) &&
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

  const DumpOptions options_;
  const int32_t self_;
  std::vector<ThreadView> views_;
  std::unordered_map<int32_t, ThreadView*> by_tid_;  // once views_ is complete
  std::vector<int32_t> running_;
};

}  // namespace

bool OwnThreads(std::unordered_set<int32_t>* own) {
  const bool all = signal_safe::AwaitNewbornOwnThreads();
  signal_safe::thread_registry.ForEach(
      [&](const signal_safe::ThreadFacts& thread, signal_safe::ThreadRecord&) {
        if (thread.own) own->insert(thread.tid);
      });
  return all;
}

Result<std::vector<ThreadView>> DumpThreads(const DumpOptions& options) {
  return Dump(options).Run();
}

}  // namespace pprof::profiles
