// "leak": the sampled blocks that nothing points to.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <unordered_set>
#include <utility>

#include "profiler/profiles/builtin.h"
#include "profiler/profiles/heap/heap_support.h"
#include "profiler/profiles/heap/heap_values.h"
#include "profiler/profiles/holders/own_search.h"
#include "profiler/profiles/holders/parameters.h"
#include "profiler/profiles/holders/samples.h"

namespace pprof::profiles {
namespace {

using holders::HolderSearch;
using holders::Target;

constexpr uint64_t kDefaultAgeMs = 1000;
constexpr std::chrono::milliseconds kBetweenLooks{1000};
constexpr std::chrono::milliseconds kPoll{50};

// A block of one allocation, in a form that is no pointer.
struct Identity {
  uint64_t inverted_block;
  uint64_t allocated_at_ms;
  bool operator==(const Identity& other) const {
    return inverted_block == other.inverted_block && allocated_at_ms == other.allocated_at_ms;
  }
};
struct IdentityHash {
  size_t operator()(const Identity& identity) const {
    return identity.inverted_block * 0x9E3779B97F4A7C15U ^ identity.allocated_at_ms;
  }
};
using Identities = std::unordered_set<Identity, IdentityHash>;

Identity IdentityOf(const Target& target) { return {~target.block, target.record.allocated_at_ms}; }

bool IsCandidate(const Target& target) {
  if (target.object == holders::kNoObject) return false;
  return target.level == 0 || target.tagged ||
         holders::StrengthOf(target.level) == holders::Strength::kWeak;
}

// False: the client left.
bool WaitBetweenLooks(const SnapshotBuilder& builder) {
  const auto end = std::chrono::steady_clock::now() + kBetweenLooks;
  while (std::chrono::steady_clock::now() < end) {
    if (builder.cancelled()) return false;
    std::this_thread::sleep_for(kPoll);
  }
  return true;
}

Status FirstLook(const holders::SearchOptions& options, Identities* found) {
  HolderSearch search(options);
  if (Status status = search.Prepare(); !status.ok()) return status;
  search.Mark();
  if (search.budget().IsCancelled()) return holders::Cancelled();
  for (const Target& target : search.targets()) {
    if (IsCandidate(target)) found->insert(IdentityOf(target));
  }
  return {};
}

Status SecondLook(const holders::SearchOptions& options, const Identities& before,
                  SnapshotBuilder* builder) {
  HolderSearch search(options);
  if (Status status = search.Prepare(); !status.ok()) return status;
  const bool complete = search.Mark();
  search.DropFreed();
  if (search.budget().IsCancelled()) return holders::Cancelled();
  AddFacts(search, complete, builder);
  if (!complete) return {};
  // What such pages hold cannot be told from what is lost.
  const std::string lost =
      search.unseen_pages() == 0
          ? "[lost: nothing points here]"
          : fmt::format("[lost, or held by the {} pages that are swapped out or unreadable]",
                        search.unseen_pages());
  for (const Target& target : search.targets()) {
    if (!IsCandidate(target) || before.count(IdentityOf(target)) == 0) continue;
    if (search.IsOfAllocator(target)) continue;
    const std::string frame = target.level == 0 ? lost : "[weakly reached]";
    AddSample(target, {frame}, {}, builder);
  }
  return {};
}

Status CollectLeak(SnapshotBuilder& builder) {
  if (!HeapSupport().ok()) return HeapSupport();
  auto parameters = holders::ReadParameters(builder, kDefaultAgeMs);
  if (!parameters.ok()) return parameters.status();
  holders::HolderParameters each = parameters.value();
  each.cpu_nanos /= 2;
  return holders::RunOneSearch([&]() -> Status {
    const holders::SearchOptions options = OptionsOf(each, builder);
    Identities first;
    if (Status status = FirstLook(options, &first); !status.ok()) return status;
    if (!WaitBetweenLooks(builder)) return holders::Cancelled();
    return SecondLook(options, first, &builder);
  });
}

}  // namespace

ProfileType LeakProfile() {
  ProfileType type;
  type.name = "leak";
  type.description =
      "Live objects that nothing points to, in two looks a second apart, and those that only words "
      "which may be pointers point to. You can specify min_age=10m, the least age.";
  type.values = InUseValues();
  type.parameters = {"min_age", "budget"};
  type.collect = CollectLeak;
  return type;
}

}  // namespace pprof::profiles
