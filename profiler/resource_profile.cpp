#include "pprof/resource_profile.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "pprof/pprof.h"
#include "profiler/model/label_table.h"
#include "profiler/signal_safe/on_thread.h"
#include "profiler/signal_safe/stack_table.h"
#include "profiler/signal_safe/unwind.h"

namespace pprof {

// What is held, by number. Shared by the profile, its registered type and all entries.
struct ResourceProfile::Entry::Holder {
  struct Stack {
    std::vector<uintptr_t> pcs;
    bool truncated = false;
    uint32_t label_set = 0;
  };

  uint64_t Add(Stack stack) {
    const std::lock_guard<std::mutex> lock(mutex);
    held.emplace(++last_number, std::move(stack));
    return last_number;
  }

  void Remove(uint64_t number) {
    const std::lock_guard<std::mutex> lock(mutex);
    held.erase(number);
  }

  Status Collect(const std::string& name, SnapshotBuilder& builder) {
    builder.SetPeriod(name, "count", 1);
    std::map<uint64_t, Stack> copy;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      copy = held;
    }
    for (const auto& [number, stack] : copy) {
      builder.Add({stack.pcs.data(), stack.pcs.size(), false, stack.truncated}, {1},
                  model::LabelsOf(stack.label_set));
    }
    return {};
  }

  std::mutex mutex;  // guards what follows
  std::map<uint64_t, Stack> held;
  uint64_t last_number = 0;
};

ResourceProfile::ResourceProfile(std::string name, std::string description)
    : holder_(std::make_shared<Entry::Holder>()) {
  ProfileType type;
  type.name = std::move(name);
  type.description = std::move(description);
  type.values = {{type.name, "count", ValueType::Kind::kTotal}};
  type.collect = [holder = holder_, shown = type.name](SnapshotBuilder& builder) {
    return holder->Collect(shown, builder);
  };
  type.count = [holder = holder_] {
    const std::lock_guard<std::mutex> lock(holder->mutex);
    return static_cast<int64_t>(holder->held.size());
  };
  status_ = Register(std::move(type));
}

// noinline: the frame of Add itself is the first to be cut.
__attribute__((noinline)) ResourceProfile::Entry ResourceProfile::Add(int skip_frames) {
  const auto caller = reinterpret_cast<uintptr_t>(__builtin_return_address(0));
  Entry::Holder::Stack stack;
  stack.pcs.resize(signal_safe::kMaxStackDepth + signal_safe::kMaxOwnFrames);
  const auto unwound = signal_safe::UnwindOwnStack(stack.pcs.data(), stack.pcs.size());
  stack.pcs.resize(unwound.depth);
  stack.truncated = unwound.truncated;
  stack.label_set = signal_safe::CurrentLabels();
  auto first = std::find(stack.pcs.begin(), stack.pcs.end(), caller);
  if (first == stack.pcs.end()) first = stack.pcs.begin();
  const auto skipped = std::min<ptrdiff_t>(std::max(skip_frames, 0), stack.pcs.end() - first);
  stack.pcs.erase(stack.pcs.begin(), first + skipped);
  Entry entry;
  entry.holder_ = holder_;
  entry.number_ = holder_->Add(std::move(stack));
  return entry;
}

ResourceProfile::Entry::Entry(Entry&& other) noexcept
    : holder_(std::move(other.holder_)), number_(other.number_) {}

ResourceProfile::Entry& ResourceProfile::Entry::operator=(Entry&& other) noexcept {
  std::swap(holder_, other.holder_);
  std::swap(number_, other.number_);
  return *this;
}

ResourceProfile::Entry::~Entry() {
  if (holder_ != nullptr) holder_->Remove(number_);
}

}  // namespace pprof
