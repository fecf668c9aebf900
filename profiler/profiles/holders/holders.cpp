// "holders": who keeps the sampled blocks alive.
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "profiler/model/snapshot_access.h"
#include "profiler/profiles/builtin.h"
#include "profiler/profiles/heap/heap_support.h"
#include "profiler/profiles/heap/heap_values.h"
#include "profiler/profiles/holders/own_search.h"
#include "profiler/profiles/holders/parameters.h"
#include "profiler/profiles/holders/samples.h"
#include "profiler/profiles/holders/way_frames.h"

namespace pprof::profiles {
namespace {

using holders::HeldBy;
using holders::Holder;
using holders::HolderSearch;
using holders::Target;

constexpr const char* kNobody = "[no holder found]";
constexpr const char* kAllocators = "[the allocator]";
constexpr const char* kWeakly = "[weakly reached]";

const char* WordOf(HeldBy held_by) {
  switch (held_by) {
    case HeldBy::kOnly:
      return "only";
    case HeldBy::kSeveral:
      return "several";
    case HeldBy::kStacks:
      return "stacks";
    case HeldBy::kUnknown:
      break;
  }
  return "unknown";
}

std::vector<Label> LabelsOf(const HolderSearch& search, const Target& target) {
  const bool weak = holders::StrengthOf(target.level) == holders::Strength::kWeak;
  std::vector<Label> labels = {
      {"held_by", WordOf(weak ? HeldBy::kUnknown : target.held_by), 0, ""}};
  if (weak) {
    labels.push_back({"holder", kWeakly, 0, ""});
    labels.push_back({"holder_kind", "weak", 0, ""});
  } else if (target.holder == holders::kNoHolder) {
    labels.push_back({"holder", search.IsOfAllocator(target) ? kAllocators : kNobody, 0, ""});
    labels.push_back({"holder_kind", "none", 0, ""});
  } else {
    const Holder& holder = search.holders()[target.holder];
    labels.push_back({"holder", holder.name, 0, ""});
    labels.push_back({"holder_kind", holder.kind, 0, ""});
  }
  if (target.other != holders::kNoHolder) {
    labels.push_back({"also_held_by", search.holders()[target.other].name, 0, ""});
  }
  return labels;
}

Status Add(const holders::HolderParameters& parameters, HolderSearch* search,
           SnapshotBuilder* builder) {
  const holders::WayFrames ways(search);
  for (const Target& target : search->targets()) {
    if (target.object == holders::kNoObject) continue;
    std::vector<std::string> frames;
    if (parameters.with_frames) {
      if (target.holder != holders::kNoHolder) frames = ways.Of(target);
      if (frames.empty()) {
        frames.emplace_back(search->IsOfAllocator(target) ? kAllocators : kNobody);
      }
      if (holders::StrengthOf(target.level) == holders::Strength::kWeak) {
        frames.emplace_back(kWeakly);
      }
    }
    AddSample(target, frames, LabelsOf(*search, target), builder);
  }
  return {};
}

Status Search(const holders::HolderParameters& parameters, SnapshotBuilder* builder) {
  holders::SearchOptions options = OptionsOf(parameters, *builder);
  HolderSearch search(options);
  if (Status status = search.Prepare(); !status.ok()) return status;
  const bool complete = search.Mark();
  search.FindHolders();
  search.DropFreed();
  if (search.budget().IsCancelled()) return holders::Cancelled();
  AddFacts(search, complete, builder);
  builder->AddComment(fmt::format(
      "held_by is known of the blocks of the {} heaviest holders: their words were taken away and "
      "the blocks looked for again, within 12 pointers more; all others are \"unknown\"",
      search.checked_holders()));
  return Add(parameters, &search, builder);
}

Status CollectHolders(SnapshotBuilder& builder) {
  if (!HeapSupport().ok()) return HeapSupport();
  auto parameters = holders::ReadParameters(builder, 0);
  if (!parameters.ok()) return parameters.status();
  return holders::RunOneSearch([&] { return Search(parameters.value(), &builder); });
}

}  // namespace

ProfileType HoldersProfile() {
  ProfileType type;
  type.name = "holders";
  type.description =
      "Who keeps the live objects in memory: the shortest way of pointers to each from a global, a "
      "thread-local or a stack. view=labels leaves the stacks as they are.";
  type.values = InUseValues();
  type.parameters = {"view", "min_age", "budget"};
  type.collect = CollectHolders;
  return type;
}

}  // namespace pprof::profiles
