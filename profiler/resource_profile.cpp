#include "pprof/resource_profile.h"

#include <algorithm>
#include <utility>

#include "pprof/pprof.h"
#include "profiler/profiles/stack_view.h"
#include "profiler/signal_safe/tables/counted_stack.h"
#include "profiler/signal_safe/thread_state.h"
#include "profiler/signal_safe/unwind/caller_stack.h"
#include "profiler/sys/memory/pages.h"

namespace pprof {
namespace {

using signal_safe::CountedStack;
using signal_safe::CountedStackTable;

int64_t HeldInAll(const CountedStackTable& stacks) {
  int64_t held = 0;
  stacks.ForEach([&](const CountedStack& stack) { held += stack.Alive(); });
  return held;
}

Status CollectHeld(const std::string& name, const CountedStackTable& stacks,
                   SnapshotBuilder& builder) {
  builder.SetPeriod(name, "count", 1);
  stacks.ForEach([&](const CountedStack& stack) {
    if (const int64_t held = stack.Alive(); held > 0) {
      profiles::AddStackOf(stacks, stack, {held}, builder);
    }
  });
  return {};
}

ProfileType TypeOf(std::string name, std::string description, const CountedStackTable* stacks) {
  ProfileType type;
  type.name = std::move(name);
  type.description = std::move(description);
  type.values = {{type.name, "count", ValueType::Delta::kDifference}};
  type.collect = [stacks, shown = type.name](SnapshotBuilder& builder) {
    return CollectHeld(shown, *stacks, builder);
  };
  type.count = [stacks] { return HeldInAll(*stacks); };
  return type;
}

}  // namespace

ResourceProfile::ResourceProfile(std::string name, std::string description) {
  void* zeroed = sys::MapPages(sizeof(CountedStackTable));
  if (zeroed == nullptr) {
    status_ = {StatusCode::kUnavailable, "no memory for the profile \"" + name + "\""};
    return;
  }
  auto* stacks = new (zeroed) CountedStackTable;  // trivial constructor: keeps the zeroes
  status_ = Register(TypeOf(std::move(name), std::move(description), stacks));
  if (status_.ok()) {
    stacks_ = stacks;
  } else {
    sys::UnmapPages(zeroed, sizeof(CountedStackTable));
  }
}

// noinline: the frames of this function are cut.
__attribute__((noinline)) ResourceProfile::Entry ResourceProfile::Add(int skip_frames) {
  Entry entry;
  if (stacks_ == nullptr) return entry;
  const signal_safe::CallerStack caller(__builtin_return_address(0));
  const size_t skipped =
      std::min<size_t>(static_cast<size_t>(std::max(skip_frames, 0)), caller.depth());
  CountedStack* stack = static_cast<CountedStackTable*>(stacks_)->Intern(
      {caller.pcs() + skipped, caller.depth() - skipped, caller.end(),
       signal_safe::thread_state.label_set});
  stack->Begin();
  entry.stack_ = stack;
  return entry;
}

ResourceProfile::Entry::~Entry() {
  if (stack_ != nullptr) static_cast<CountedStack*>(stack_)->End();
}

}  // namespace pprof
