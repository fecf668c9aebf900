#include "profiler/symbolize/symbolizer.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "profiler/symbolize/background.h"
#include "profiler/symbolize/batch_answers.h"
#include "profiler/symbolize/perf_map.h"
#include "profiler/symbolize/shared_state.h"
#include "profiler/symbolize/time_budget.h"

namespace pprof::symbolize {
namespace {

// One place to be looked up.
struct Query {
  uint32_t module = 0;
  uint64_t offset = 0;
  uint32_t place = 0;  // index in Batch::places
};
using Queries = std::vector<Query>;

// Every place with a module, grouped by module and sorted by offset.
Queries QueriesOf(const Batch& batch) {
  Queries queries;
  queries.reserve(batch.places.size());
  for (uint32_t i = 0; i < batch.places.size(); ++i) {
    const Place& place = batch.places[i];
    if (place.module != kNoModule) queries.push_back({place.module, place.offset, i});
  }
  std::sort(queries.begin(), queries.end(), [](const Query& a, const Query& b) {
    return std::pair(a.module, a.offset) < std::pair(b.module, b.offset);
  });
  return queries;
}

std::vector<uint64_t> OffsetsOf(const Queries& queries) {
  std::vector<uint64_t> offsets;
  for (const Query& query : queries) {
    if (offsets.empty() || offsets.back() != query.offset) offsets.push_back(query.offset);
  }
  return offsets;
}

// Looks the queries of a batch up, module by module.
class BatchRun {
 public:
  BatchRun(const Batch& batch, const BatchLimits& limits)
      : batch_(batch),
        limits_(limits),
        shared_(SharedState::OfThisProcess()),
        turn_(shared_.turn, std::defer_lock),
        answers_(batch.places.size()) {}

  Symbols Run() {
    const Queries queries = QueriesOf(batch_);
    AwaitTurn();
    for (size_t begin = 0, end = 0; begin < queries.size() && !Cancelled(); begin = end) {
      const uint32_t module = queries[begin].module;
      while (end < queries.size() && queries[end].module == module) ++end;
      const auto first = queries.begin() + static_cast<ptrdiff_t>(begin);
      Queries unseen(first, first + static_cast<ptrdiff_t>(end - begin));
      if (module == kJitCode) {
        AskPerfMap(unseen);
      } else {
        TakeKnown(batch_.modules[module], &unseen);
        if (!unseen.empty()) AskEngine(module, unseen);
      }
    }
    Symbols symbols = answers_.Finish();
    // What nobody waits for any more is nobody's next request either.
    if (!Cancelled()) FinishInBackground(std::move(unfinished_), limits_.debug_root);
    const std::lock_guard<std::mutex> lock(shared_.mutex);
    shared_.cache.EndBatch();
    return symbols;
  }

 private:
  bool full() const { return limits_.detail == Detail::kFull; }
  bool Cancelled() const { return limits_.cancelled && limits_.cancelled(); }

  // Who is not let in before the deadline makes do with symbol tables: cheap enough without a turn.
  void AwaitTurn() {
    const auto latest = std::min(limits_.deadline, TimeBudget::Clock::now() + TimeBudget::kLongest);
    while (full() && !has_turn_ && !Cancelled() && TimeBudget::Clock::now() < latest) {
      has_turn_ = turn_.try_lock_until(
          std::min(latest, TimeBudget::Clock::now() + TimeBudget::kAskCancelled));
    }
    const std::lock_guard<std::mutex> lock(shared_.mutex);
    shared_.cache.BeginBatch();
  }

  // Removes from the queries what the cache can answer. It holds answers of full detail only.
  void TakeKnown(const ModuleRef& module, Queries* queries) {
    if (!full()) return;
    const std::lock_guard<std::mutex> lock(shared_.mutex);
    const uint32_t number = shared_.cache.ModuleNumber(IdentityOf(module));
    const auto known = [&](const Query& query) {
      const CachedLines* lines = shared_.cache.Find(number, query.offset);
      if (lines != nullptr) answers_.Set(query.place, *lines);
      return lines != nullptr;
    };
    queries->erase(std::remove_if(queries->begin(), queries->end(), known), queries->end());
  }

  void AskEngine(uint32_t number, const Queries& queries) {
    const ModuleRef& module = batch_.modules[number];
    std::vector<uint64_t> offsets = OffsetsOf(queries);
    BatchLimits limits = limits_;
    if (full() && !has_turn_) limits.detail = Detail::kFunctions;
    EngineAnswers found(shared_, offsets.size());
    BatchOutcome outcome = ResolveBatch(module, offsets, limits, found);
    TakeFound(queries, offsets, found);
    outcome.deadline_hit |= Cancelled();  // incomplete, and not to be remembered
    if (full() && has_turn_ && !outcome.deadline_hit) return found.Remember(module, offsets);
    if (!outcome.deadline_hit && has_turn_ == full()) return;
    answers_.MarkIncomplete(number, batch_.modules.size());
    if (full()) unfinished_.push_back({module, std::move(offsets)});
  }

  // A JIT compiler may use memory again for other code at any time: nothing is remembered.
  void AskPerfMap(const Queries& queries) {
    if (limits_.detail == Detail::kNone) return;
    const std::vector<uint64_t> addresses = OffsetsOf(queries);
    EngineAnswers found(shared_, addresses.size());
    TimeBudget budget(limits_.deadline, limits_.cancelled);
    ResolvePerfMap(addresses, budget, found);
    TakeFound(queries, addresses, found);
  }

  void TakeFound(const Queries& queries, const std::vector<uint64_t>& offsets,
                 const EngineAnswers& found) {
    size_t at = 0;
    for (const Query& query : queries) {
      if (offsets[at] != query.offset) ++at;
      answers_.Set(query.place, found[at]);
    }
  }

  const Batch& batch_;
  const BatchLimits& limits_;
  SharedState& shared_;
  std::unique_lock<Turn> turn_;
  bool has_turn_ = false;
  BatchAnswers answers_;
  std::vector<BackgroundJob> unfinished_;
};

}  // namespace

Symbols Symbolize(const Batch& batch, const BatchLimits& limits) {
  return BatchRun(batch, limits).Run();
}

void SetCacheBytes(size_t bytes) {
  SharedState& shared = SharedState::OfThisProcess();
  const std::lock_guard<std::mutex> lock(shared.mutex);
  shared.cache.SetBytesLimit(bytes);
}

}  // namespace pprof::symbolize
