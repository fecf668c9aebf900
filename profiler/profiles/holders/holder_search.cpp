#include "profiler/profiles/holders/holder_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "profiler/profiles/holders/objects/tcmalloc_spans.h"
#include "profiler/signal_safe/heap/heap_sampler.h"
#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/memory_limits/memory_left.h"

namespace pprof::profiles::holders {
namespace {

using signal_safe::heap_sampler;
using signal_safe::LiveRecord;

// Shares of the budget after which a part of the work leaves the rest to the others.
constexpr double kForStrict = 0.5;
constexpr double kForWeak = 0.65;
constexpr double kForWays = 0.9;

// Checked are the heaviest holders, while that takes little. Without the heaviest of all there is
// often little left to mark.
constexpr size_t kMostChecked = 64;
constexpr uint64_t kLittleNanos = 300000000;

constexpr uint32_t kMostHops = uint32_t{2} << 20;
uint32_t HopsFor(uint32_t targets) {
  constexpr uint32_t kStepsEach = 12;
  constexpr uint32_t kAtLeast = 4096;
  return targets > kMostHops / kStepsEach ? kMostHops : targets * kStepsEach + kAtLeast;
}

Status NoMemory() {
  return {StatusCode::kUnavailable, "no holders: the kernel has no memory for the tables"};
}

Status CheckOwnMemory() {
  const uint64_t here = 1;
  uint64_t copy = 0;
  if (sys::ReadOwnMemory(reinterpret_cast<uintptr_t>(&here), &copy, sizeof copy)) return {};
  return {StatusCode::kUnsupported,
          "no holders: a sandbox denies process_vm_readv, by which this process copies its own "
          "memory; allow that call"};
}

std::vector<uint64_t> RootWords(const Targets& targets, uint64_t Target::*word) {
  std::vector<uint64_t> words;
  for (const Target& target : targets) {
    if (target.*word != 0) words.push_back(target.*word);
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

}  // namespace

Status CheckRoom(uint64_t table_bytes, uint64_t bytes_left) {
  constexpr uint64_t kShare = 4;
  constexpr double kMebibyte = 1 << 20;
  if (table_bytes <= bytes_left / kShare) return {};
  return {
      StatusCode::kUnavailable,
      fmt::format("no holders: the tables would take {:.1f} MiB, and {:.1f} MiB are left below the "
                  "memory limit, of which they may take a quarter",
                  static_cast<double>(table_bytes) / kMebibyte,
                  static_cast<double>(bytes_left) / kMebibyte)};
}

HolderSearch::HolderSearch(const SearchOptions& options)
    : options_(options), budget_(options.cpu_nanos, options.cancelled), live_(&budget_) {}

Status HolderSearch::Prepare() {
  if (Status status = CheckOwnMemory(); !status.ok()) return status;
  if (const std::string why = WhyNoSpans(); !why.empty()) {
    return {StatusCode::kUnsupported, "no holders: " + why};
  }
  if (Status status = DescribeProgram(&program_); !status.ok()) return status;
  if (Status status = ReadTargets(); !status.ok()) return status;
  TcmallocSpans spans;
  {
    RequestMemory for_spans;
    if (!ReadTcmallocSpans(&for_spans, &spans) ||
        !objects_.Build(spans.spans, spans.count, &memory_)) {
      return NoMemory();
    }
  }
  if (Status status = MakeTables(); !status.ok()) return status;
  return ListRoots(spans.ranges, &memory_, &program_) ? Status() : NoMemory();
}

Status HolderSearch::ReadTargets() {
  uint32_t room = 1024;  // for those added meanwhile
  heap_sampler.live.ForEach([&](const LiveRecord&) { ++room; });
  targets_.list = memory_.Allocate<Target>(room);
  if (targets_.list == nullptr) return NoMemory();
  heap_sampler.live.ForEachBlock([&](uintptr_t block, const LiveRecord& record) {
    if (record.allocated_at_ms >= options_.allocated_before_ms || targets_.count == room) return;
    Target& target = targets_.list[targets_.count++];
    target.block = block;
    target.record = record;
  });
  return {};
}

Status HolderSearch::MakeTables() {
  // A byte and some bits for each object, and what each target needs.
  constexpr uint64_t kTargetBytes = 12 * (sizeof(Hop) + 8) * 2;
  const uint64_t bytes =
      memory_.bytes() + objects_.size() + objects_.size() / 2 + targets_.count * kTargetBytes;
  if (Status status = CheckRoom(bytes, sys::MemoryLeft()); !status.ok()) return status;
  const uint32_t hops = HopsFor(targets_.count);
  const bool made = extents_.Init(objects_.size(), targets_.count, &memory_) &&
                    targets_.Bind(objects_, &extents_, &memory_) && live_.Init(&memory_) &&
                    marker_.Init(&memory_) && finder_.Init(&memory_) &&
                    ways_.Init(hops, &memory_) && others_.Init(hops, &memory_);
  return made ? Status() : NoMemory();
}

bool HolderSearch::Mark() {
  budget_.Allow(kForStrict);
  marker_.Mark();
  const bool complete = !budget_.IsSpent();
  mark_nanos_ = budget_.UsedNanos();
  unseen_pages_ = live_.unseen_pages();
  const auto is_open = [&](const Target& target) {
    return target.object != kNoObject && marker_.levels()[target.object] == 0;
  };
  budget_.Allow(kForWeak);
  if (complete && std::any_of(targets_.begin(), targets_.end(), is_open)) marker_.MarkWeakly();
  for (Target& target : targets_) {
    if (target.object == kNoObject) continue;
    target.level = marker_.levels()[target.object];
    target.tagged = marker_.IsTagged(target.object);
  }
  return complete && !budget_.IsSpent();
}

void HolderSearch::FindHolders() {
  budget_.Allow(kForWays);
  finder_.Find(
      {}, [](const Target&) { return true; }, &ways_);
  for (Target& target : targets_) {
    if (target.object == kNoObject || target.level == 0) continue;
    target.hop = ways_.Find(finder_.ObjectOnWay(target));
    target.root = ways_.RootOf(target.hop);
  }
  budget_.Allow(1);
  NameRoots(&Target::root, &Target::holder);
  CheckHeaviest();
  NameRoots(&Target::other_root, &Target::other);
  PreferUsual();
}

// Names the root words in one batch, and gives the targets their holders.
void HolderSearch::NameRoots(uint64_t Target::*root, uint32_t Target::*holder) {
  const std::vector<uint64_t> words = RootWords(targets_, root);
  const ModuleSymbols symbols(program_.images);
  std::vector<Holder> named = NameHolders(program_, symbols, words);
  std::map<uint64_t, uint32_t> by_word;
  for (size_t i = 0; i < words.size(); ++i) {
    const auto [at, fresh] = known_holders_.try_emplace({named[i].begin, named[i].name},
                                                        static_cast<uint32_t>(holders_.size()));
    if (fresh) holders_.push_back(std::move(named[i]));
    by_word[words[i]] = at->second;
  }
  for (Target& target : targets_) {
    if (target.*root != 0) target.*holder = by_word[target.*root];
  }
}

void HolderSearch::CheckHeaviest() {
  std::vector<std::pair<double, uint32_t>> by_bytes(holders_.size());
  for (uint32_t i = 0; i < by_bytes.size(); ++i) by_bytes[i].second = i;
  double all = 0;
  for (const Target& target : targets_) {
    if (target.holder == kNoHolder) continue;
    by_bytes[target.holder].first += target.bytes();
    all += target.bytes();
  }
  std::sort(by_bytes.rbegin(), by_bytes.rend());
  const uint64_t before = budget_.UsedNanos();
  const uint64_t most = std::max(kLittleNanos, before / 4);
  for (const auto& [bytes, holder] : by_bytes) {
    if (bytes == 0 || checked_ == kMostChecked || budget_.IsSpent()) return;
    // What the others hold is marked once more.
    const double others_share = (all - bytes) / all;
    const auto marking = static_cast<uint64_t>(others_share * static_cast<double>(mark_nanos_));
    if (checked_ > 0 && budget_.UsedNanos() - before + marking > most) return;
    const Holder& with = holders_[holder];
    CheckHolder(space_, {with.begin, with.end}, holder, &marker_, &finder_, &others_);
    checked_ += budget_.IsSpent() ? 0 : 1;
  }
}

// Of two holders one may be an old word in memory that was not written to since. The usual one is
// more likely: that which holds more of what was allocated by the same stack.
void HolderSearch::PreferUsual() {
  std::map<std::pair<const void*, uint32_t>, double> bytes;
  for (const Target& target : targets_) {
    if (target.holder != kNoHolder) bytes[{target.record.stack, target.holder}] += target.bytes();
  }
  for (Target& target : targets_) {
    if (target.other == kNoHolder) continue;
    const bool weaker = target.held_by == HeldBy::kStacks;
    const void* stack = target.record.stack;
    if (!weaker && bytes[{stack, target.other}] > bytes[{stack, target.holder}]) {
      std::swap(target.holder, target.other);
      std::swap(target.root, target.other_root);
      target.hop = kNoHop;  // the way is that of the other
      target.held_by = HeldBy::kSeveral;
    }
    if (target.held_by == HeldBy::kOnly) target.other = kNoHolder;
  }
}

bool HolderSearch::IsOfAllocator(const Target& target) const {
  const signal_safe::HeapStack& stack = *target.record.stack;
  const uint64_t tcmalloc = AddressInTcmalloc();
  for (const sys::LoadedImage& image : program_.images) {
    if (image.Holds(tcmalloc)) return stack.depth > 0 && image.Holds(stack.pcs()[0]);
  }
  return false;
}

void HolderSearch::DropFreed() {
  // The weight is a block's own: no zero is one.
  std::vector<bool> alive(targets_.count);
  heap_sampler.live.ForEachBlock([&](uintptr_t block, const LiveRecord& record) {
    Object object;
    if (!objects_.Find(block, &object)) return;
    targets_.ForEachIn(object.number, [&](Target& target) {
      const bool same = target.block == block && target.record.stack == record.stack &&
                        target.record.allocated_at_ms == record.allocated_at_ms;
      if (same) alive[static_cast<size_t>(&target - targets_.list)] = true;
    });
  });
  for (uint32_t i = 0; i < targets_.count; ++i) {
    if (!alive[i]) targets_.list[i].object = kNoObject;
  }
}

}  // namespace pprof::profiles::holders
