// "threadcreate": the stacks that created the threads alive now. Go's has been empty since 2013
// (golang/go#6104).
#include <fmt/format.h>

#include "profiler/model/label_table.h"
#include "profiler/profiles/stack_view.h"
#include "profiler/profiles/threads.h"
#include "profiler/profiles/vanished_threads.h"
#include "profiler/signal_safe/thread_registry.h"
#include "profiler/sys/tasks.h"

namespace pprof::profiles {
namespace {

using signal_safe::StackEntry;
using signal_safe::thread_stacks;

Status CollectThreadCreate(SnapshotBuilder& builder) {
  builder.SetPeriod("threadcreate", "count", 1);
  const std::vector<int32_t> tids = sys::ListTasks();
  DropVanishedThreads(tids);
  int64_t ever = 0;
  int64_t known_alive = 0;
  const auto add = [&](const StackEntry& stack) {
    // Ended first: a thread that ends between the two looks must not count as ended only.
    const auto ended = static_cast<int64_t>(stack.heap.freed_count.load(std::memory_order_acquire));
    const auto begun =
        static_cast<int64_t>(stack.heap.allocated_count.load(std::memory_order_relaxed));
    ever += begun;
    known_alive += begun - ended;
    if (begun <= ended) return;
    if (&stack == thread_stacks.overflow()) {
      builder.AddNamed(kOverflowFrame, {begun - ended});
    } else {
      builder.Add(ViewOf(stack), {begun - ended}, model::LabelsOf(stack.label_set));
    }
  };
  add(*thread_stacks.overflow());
  for (const StackEntry* stack = thread_stacks.all(); stack != nullptr;
       stack = stack->next_of_all) {
    add(*stack);
  }
  const auto alive = static_cast<int64_t>(tids.size());
  if (alive > known_alive) {
    builder.AddNamed("[created before or outside pthread_create]", {alive - known_alive});
  }
  builder.AddComment(fmt::format("{} threads created since start, {} alive", ever, alive));
  builder.SetTextTrailer(fmt::format("# threads created since start = {}\n", ever));
  return {};
}

}  // namespace

ProfileType ThreadCreateProfile() {
  ProfileType type;
  type.name = "threadcreate";
  type.description = "Stack traces that led to the creation of the threads alive now";
  type.values = {{"threadcreate", "count", ValueType::Kind::kTotal}};
  type.count = [] { return static_cast<int64_t>(sys::ListTasks().size()); };
  type.collect = CollectThreadCreate;
  return type;
}

}  // namespace pprof::profiles
