#include "pprof/resource_profile.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "pprof/pprof.h"
#include "profiler/profiles/stack_view.h"
#include "profiler/signal_safe/tables/counted_stack.h"
#include "profiler/signal_safe/thread_state.h"
#include "profiler/signal_safe/unwind/caller_stack.h"
#include "profiler/sys/memory/pages.h"

namespace pprof {
namespace {

// Also the bytes of what is held.
struct HeldStack : signal_safe::CountedStack {
  std::atomic<uint64_t> begun_bytes;
  std::atomic<uint64_t> ended_bytes;

  void Hold(size_t bytes) {
    Begin();
    begun_bytes.fetch_add(bytes, std::memory_order_relaxed);
  }
  void GiveUp(size_t bytes) {
    ended_bytes.fetch_add(bytes, std::memory_order_release);
    End();
  }
  // Loads the end first, as Alive() does.
  int64_t HeldBytes() const {
    const uint64_t over = ended_bytes.load(std::memory_order_acquire);
    return static_cast<int64_t>(begun_bytes.load(std::memory_order_relaxed) - over);
  }
};
using HeldStackTable = signal_safe::StackTable<HeldStack>;

int64_t HeldInAll(const HeldStackTable& stacks) {
  int64_t held = 0;
  stacks.ForEach([&](const HeldStack& stack) { held += stack.Alive(); });
  return held;
}

Status CollectHeld(const std::string& name, const HeldStackTable& stacks,
                   SnapshotBuilder& builder) {
  builder.SetPeriod(name, "count", 1);
  stacks.ForEach([&](const HeldStack& stack) {
    if (const int64_t held = stack.Alive(); held > 0) {
      profiles::AddStackOf(stacks, stack, {held, stack.HeldBytes()}, builder);
    }
  });
  return {};
}

ProfileType TypeOf(std::string name, std::string description, const HeldStackTable* stacks) {
  ProfileType type;
  type.name = std::move(name);
  type.description = std::move(description);
  type.values = {{type.name, "count", ValueType::Delta::kDifference},
                 {"space", "bytes", ValueType::Delta::kDifference}};
  type.shown_first = type.name;
  type.collect = [stacks, shown = type.name](SnapshotBuilder& builder) {
    return CollectHeld(shown, *stacks, builder);
  };
  type.count = [stacks] { return HeldInAll(*stacks); };
  return type;
}

}  // namespace

ResourceProfile::ResourceProfile(std::string name, std::string description) {
  void* zeroed = sys::MapPages(sizeof(HeldStackTable));
  if (zeroed == nullptr) {
    status_ = {StatusCode::kUnavailable, "no memory for the profile \"" + name + "\""};
    return;
  }
  auto* stacks = new (zeroed) HeldStackTable;  // trivial constructor: keeps the zeroes
  status_ = Register(TypeOf(std::move(name), std::move(description), stacks));
  if (status_.ok()) {
    stacks_ = stacks;
  } else {
    sys::UnmapPages(zeroed, sizeof(HeldStackTable));
  }
}

// noinline: the frames of this function are cut.
__attribute__((noinline)) ResourceProfile::Entry ResourceProfile::Add(size_t bytes,
                                                                      int skip_frames) {
  Entry entry;
  if (stacks_ == nullptr) return entry;
  const signal_safe::CallerStack caller(__builtin_return_address(0));
  const size_t skipped =
      std::min<size_t>(static_cast<size_t>(std::max(skip_frames, 0)), caller.depth());
  HeldStack* stack = static_cast<HeldStackTable*>(stacks_)->Intern(
      {caller.pcs() + skipped, caller.depth() - skipped, caller.end(),
       signal_safe::thread_state.label_set});
  stack->Hold(bytes);
  entry.stack_ = stack;
  entry.bytes_ = bytes;
  return entry;
}

ResourceProfile::Entry::~Entry() {
  if (stack_ != nullptr) static_cast<HeldStack*>(stack_)->GiveUp(bytes_);
}

}  // namespace pprof
