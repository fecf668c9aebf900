#include "pprof/resource_profile.h"

#include <algorithm>
#include <utility>

#include "pprof/pprof.h"
#include "profiler/model/label_table.h"
#include "profiler/profiles/stack_view.h"
#include "profiler/signal_safe/capture.h"
#include "profiler/signal_safe/stack_table.h"
#include "profiler/sys/pages.h"

namespace pprof {
namespace {

using signal_safe::StackEntry;
using signal_safe::StackTable;

// Given back first: then what is held is never negative.
int64_t Held(const StackEntry& stack) {
  const uint64_t given_back = stack.heap.freed_count.load(std::memory_order_acquire);
  return static_cast<int64_t>(stack.heap.allocated_count.load(std::memory_order_relaxed) -
                              given_back);
}

int64_t HeldInAll(const StackTable& stacks) {
  int64_t held = Held(*stacks.overflow());
  const StackEntry* stack = stacks.all();
  for (; stack != nullptr; stack = stack->next_of_all) held += Held(*stack);
  return held;
}

Status CollectHeld(const std::string& name, const StackTable& stacks, SnapshotBuilder& builder) {
  builder.SetPeriod(name, "count", 1);
  if (const int64_t held = Held(*stacks.overflow()); held > 0) {
    builder.AddNamed(profiles::kOverflowFrame, {held});
  }
  const StackEntry* stack = stacks.all();
  for (; stack != nullptr; stack = stack->next_of_all) {
    if (const int64_t held = Held(*stack); held > 0) {
      builder.Add(profiles::ViewOf(*stack), {held}, model::LabelsOf(stack->label_set));
    }
  }
  return {};
}

ProfileType TypeOf(std::string name, std::string description, const StackTable* stacks) {
  ProfileType type;
  type.name = std::move(name);
  type.description = std::move(description);
  type.values = {{type.name, "count", ValueType::Kind::kTotal}};
  type.collect = [stacks, shown = type.name](SnapshotBuilder& builder) {
    return CollectHeld(shown, *stacks, builder);
  };
  type.count = [stacks] { return HeldInAll(*stacks); };
  return type;
}

}  // namespace

ResourceProfile::ResourceProfile(std::string name, std::string description) {
  void* zeroed = sys::MapPages(sizeof(StackTable));
  if (zeroed == nullptr) {
    status_ = {StatusCode::kUnavailable, "no memory for the profile \"" + name + "\""};
    return;
  }
  stacks_ = new (zeroed) StackTable;  // trivial: leaves the zeroes
  status_ = Register(TypeOf(std::move(name), std::move(description), stacks_));
  if (status_.ok()) return;
  sys::UnmapPages(zeroed, sizeof(StackTable));
  stacks_ = nullptr;
}

// noinline: the frames up to its caller's are cut.
__attribute__((noinline)) ResourceProfile::Entry ResourceProfile::Add(int skip_frames) {
  Entry entry;
  if (stacks_ == nullptr) return entry;
  const signal_safe::CallerStack stack(__builtin_return_address(0));
  const size_t skipped =
      std::min<size_t>(static_cast<size_t>(std::max(skip_frames, 0)), stack.depth());
  entry.stack_ = stacks_->Intern(stack.pcs() + skipped, stack.depth() - skipped, stack.truncated(),
                                 signal_safe::thread_state.label_set);
  entry.stack_->heap.allocated_count.fetch_add(1, std::memory_order_relaxed);
  return entry;
}

ResourceProfile::Entry::~Entry() {
  if (stack_ != nullptr) stack_->heap.freed_count.fetch_add(1, std::memory_order_release);
}

}  // namespace pprof
