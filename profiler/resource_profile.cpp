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

constexpr size_t kMostBytes = size_t{1} << 45;  // 32 TiB

// What an entry holds, in one word: the stack's address without the bits that are always 0, and the
// bytes as a number of 15 bits times a power of two.
class Held {
 public:
  Held(HeldStack* stack, size_t bytes) {
    uint64_t exponent = 0;
    for (; bytes > kMantissa; bytes >>= 1) ++exponent;
    word_ = reinterpret_cast<uintptr_t>(stack) >> kZeroBits | exponent << kAddressBits |
            uint64_t{bytes} << (kAddressBits + kExponentBits);
  }
  explicit Held(uint64_t word) : word_(word) {}

  uint64_t word() const { return word_; }
  HeldStack* stack() const {
    return reinterpret_cast<HeldStack*>((word_ & ((uint64_t{1} << kAddressBits) - 1)) << kZeroBits);
  }
  size_t bytes() const {
    const uint64_t exponent = word_ >> kAddressBits & ((1U << kExponentBits) - 1);
    return static_cast<size_t>(word_ >> (kAddressBits + kExponentBits) << exponent);
  }

 private:
  static constexpr int kZeroBits = 3;
  static constexpr int kAddressBits = 44;  // 47 bits of address
  static constexpr int kExponentBits = 5;
  static constexpr size_t kMantissa = (1U << 15) - 1;
  static_assert(alignof(HeldStack) >= (1U << kZeroBits));

  uint64_t word_ = 0;
};

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
  const Held held(stack, std::min(bytes, kMostBytes));
  stack->Hold(held.bytes());
  entry.held_ = held.word();
  return entry;
}

ResourceProfile::Entry::~Entry() {
  if (held_ == 0) return;
  const Held held(held_);
  held.stack()->GiveUp(held.bytes());
}

}  // namespace pprof
