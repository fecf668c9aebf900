#include "profiler/symbolize/service/symbolizer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "profiler/symbolize/elf/time_budget.h"
#include "profiler/symbolize/module/perf_map.h"
#include "profiler/symbolize/service/background.h"
#include "profiler/symbolize/service/batch_answers.h"
#include "profiler/symbolize/service/shared_state.h"
#include "profiler/sys/thread/own_descriptors.h"

namespace pprof::symbolize {
namespace {

// One location to be looked up.
struct LookUp {
  uint32_t module = 0;
  uint64_t offset = 0;
  uint32_t location = 0;  // index in Batch::locations
};
using LookUps = std::vector<LookUp>;

// Every location with a module, grouped by module and sorted by offset.
LookUps LookUpsOf(const Batch& batch) {
  LookUps look_ups;
  look_ups.reserve(batch.locations.size());
  for (uint32_t i = 0; i < batch.locations.size(); ++i) {
    const Location& location = batch.locations[i];
    if (location.module != kNoModule) look_ups.push_back({location.module, location.offset, i});
  }
  std::sort(look_ups.begin(), look_ups.end(), [](const LookUp& a, const LookUp& b) {
    return std::pair(a.module, a.offset) < std::pair(b.module, b.offset);
  });
  return look_ups;
}

std::vector<uint64_t> OffsetsOf(const LookUps& look_ups) {
  std::vector<uint64_t> offsets;
  for (const LookUp& look_up : look_ups) {
    if (offsets.empty() || offsets.back() != look_up.offset) offsets.push_back(look_up.offset);
  }
  return offsets;
}

std::string NoFileOf(const ModuleRef& module) {
  const std::string id = module.build_id.empty() ? "no build id" : "build id " + module.build_id;
  return "no readable file holds the code of " + module.path + " (" + id + "): " +
         (module.mapped ? "only exported functions have names"
                        : "it was unloaded and has no names");
}

// Resolves the look-ups of a batch, module by module.
class BatchRun {
 public:
  BatchRun(const Batch& batch, const BatchLimits& limits)
      : batch_(batch),
        limits_(limits),
        shared_(SharedState::OfThisProcess()),
        answers_(batch.locations.size()) {}

  ~BatchRun() {
    if (has_turn_) shared_.turn.GiveBack();
  }
  BatchRun(const BatchRun&) = delete;
  BatchRun& operator=(const BatchRun&) = delete;

  model::Symbols Run() {
    const LookUps look_ups = LookUpsOf(batch_);
    AwaitTurn();
    for (size_t begin = 0, end = 0; begin < look_ups.size() && !Cancelled(); begin = end) {
      const uint32_t module = look_ups[begin].module;
      while (end < look_ups.size() && look_ups[end].module == module) ++end;
      const auto first = look_ups.begin() + static_cast<ptrdiff_t>(begin);
      LookUps unseen(first, first + static_cast<ptrdiff_t>(end - begin));
      if (module == kJitCode) {
        AskPerfMap(unseen);
      } else {
        TakeKnown(module, &unseen);
        if (!unseen.empty()) AskEngine(module, unseen);
      }
    }
    model::Symbols symbols = answers_.Finish();
    // A cancelled request is not retried, so nothing needs to be finished for it.
    if (!Cancelled()) FinishInBackground(std::move(unfinished_), limits_.debug_root);
    const sys::MutexLock lock(shared_.mutex);
    shared_.cache.EndBatch();
    return symbols;
  }

 private:
  bool full() const { return limits_.detail == Detail::kFull; }
  bool Cancelled() const { return limits_.cancelled && limits_.cancelled(); }

  // Without a turn before the deadline only symbol tables are used, which are cheap enough.
  void AwaitTurn() {
    const auto latest = std::min(limits_.deadline, TimeBudget::Clock::now() + TimeBudget::kLongest);
    while (full() && !has_turn_ && !Cancelled() && TimeBudget::Clock::now() < latest) {
      has_turn_ = shared_.turn.TryTakeUntil(
          std::min(latest, TimeBudget::Clock::now() + TimeBudget::kAskCancelled));
    }
    const sys::MutexLock lock(shared_.mutex);
    shared_.cache.BeginBatch();
  }

  // Removes the look-ups that the cache can answer. It only has results of full detail.
  void TakeKnown(uint32_t module, LookUps* look_ups) {
    if (!full()) return;
    const sys::MutexLock lock(shared_.mutex);
    const uint32_t number = shared_.cache.ModuleNumber(IdentityOf(batch_.modules[module]));
    if (shared_.cache.HasNames(number)) answers_.MarkNamed(module, batch_.modules.size());
    const auto known = [&](const LookUp& look_up) PPROF_REQUIRES(shared_.mutex) {
      const CachedLines* lines = shared_.cache.Find(number, look_up.offset);
      if (lines != nullptr) answers_.Set(look_up.location, *lines);
      return lines != nullptr;
    };
    look_ups->erase(std::remove_if(look_ups->begin(), look_ups->end(), known), look_ups->end());
  }

  void AskEngine(uint32_t number, const LookUps& look_ups) {
    const ModuleRef& module = batch_.modules[number];
    std::vector<uint64_t> offsets = OffsetsOf(look_ups);
    BatchLimits limits = limits_;
    if (full() && !has_turn_) limits.detail = Detail::kFunctions;
    EngineAnswers found(shared_, offsets.size());
    BatchOutcome outcome = ResolveBatch(module, offsets, limits, found);
    TakeFound(look_ups, offsets, found);
    if (outcome.has_names) answers_.MarkNamed(number, batch_.modules.size());
    if (!outcome.file_usable) answers_.AddComment(NoFileOf(module));
    outcome.deadline_hit |= Cancelled();  // incomplete, and not to be cached
    if (full() && has_turn_ && !outcome.deadline_hit) {
      // The file may be there the next time, e.g. when there are descriptors again.
      if (outcome.file_usable) found.Remember(module, offsets, outcome.has_names);
      return;
    }
    if (!outcome.deadline_hit && has_turn_ == full()) return;
    answers_.MarkIncomplete(number, batch_.modules.size());
    if (full()) unfinished_.push_back({module, std::move(offsets)});
  }

  // A JIT compiler may reuse memory for other code at any time, so nothing is cached.
  void AskPerfMap(const LookUps& look_ups) {
    if (limits_.detail == Detail::kNone) return;
    const std::vector<uint64_t> addresses = OffsetsOf(look_ups);
    EngineAnswers found(shared_, addresses.size());
    TimeBudget budget(limits_.deadline, limits_.cancelled);
    ResolvePerfMap(addresses, budget, found);
    TakeFound(look_ups, addresses, found);
  }

  void TakeFound(const LookUps& look_ups, const std::vector<uint64_t>& offsets,
                 const EngineAnswers& found) {
    size_t at = 0;
    for (const LookUp& look_up : look_ups) {
      if (offsets[at] != look_up.offset) ++at;
      answers_.Set(look_up.location, found[at]);
    }
  }

  const Batch& batch_;
  const BatchLimits& limits_;
  SharedState& shared_;
  bool has_turn_ = false;
  BatchAnswers answers_;
  std::vector<BackgroundJob> unfinished_;
};

}  // namespace

model::Symbols Symbolize(const Batch& batch, const BatchLimits& limits) {
  return sys::WithOwnDescriptors([&] { return BatchRun(batch, limits).Run(); });
}

void SetCacheBytes(size_t bytes) {
  SharedState& shared = SharedState::OfThisProcess();
  const sys::MutexLock lock(shared.mutex);
  shared.cache.SetBytesLimit(bytes);
}

}  // namespace pprof::symbolize
