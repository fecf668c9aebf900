// "threadcreate": the stacks that created the live threads. Go's has been empty since 2013
// (golang/go#6104).
#include <fmt/format.h>

#include "profiler/profiles/builtin.h"
#include "profiler/profiles/stack_view.h"
#include "profiler/profiles/threads/vanished_threads.h"
#include "profiler/signal_safe/tables/thread_registry.h"
#include "profiler/sys/thread/own_descriptors.h"
#include "profiler/sys/thread/tasks.h"

namespace pprof::profiles {
namespace {

using signal_safe::CountedStack;
using signal_safe::thread_stacks;

Status CollectThreadCreate(SnapshotBuilder& builder) {
  builder.SetPeriod("threadcreate", "count", 1);
  std::vector<int32_t> tids;
  const std::string why = sys::WithOwnDescriptors([&tids] {
    tids = sys::ListTasks();
    return sys::WhyNoTasks(tids);
  });
  DropVanishedThreads(tids);
  int64_t ever = 0;
  int64_t known_alive = 0;
  thread_stacks.ForEach([&](const CountedStack& stack) {
    const int64_t alive_of_stack = stack.Alive();
    ever += static_cast<int64_t>(stack.begun.load(std::memory_order_relaxed));
    known_alive += alive_of_stack;
    if (alive_of_stack > 0) AddStackOf(thread_stacks, stack, {alive_of_stack}, builder);
  });
  if (!why.empty()) {
    builder.AddComment("threads that were not started by pthread_create are missing: " + why);
  }
  const int64_t alive = why.empty() ? static_cast<int64_t>(tids.size()) : known_alive;
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
  type.values = {{"threadcreate", "count", ValueType::Delta::kDifference}};
  type.count = [] { return static_cast<int64_t>(sys::CountTasks()); };
  type.collect = CollectThreadCreate;
  return type;
}

}  // namespace pprof::profiles
