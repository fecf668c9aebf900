#include "profiler/symbolize/symbolizer.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "profiler/symbolize/symbol_cache.h"

namespace pprof::symbolize {
namespace {

// One place to be looked up.
struct Query {
  uint32_t module = 0;
  uint64_t offset = 0;
  uint32_t place = 0;  // index in Batch::places
};

// Every place with a module, grouped by module and sorted by offset.
std::vector<Query> QueriesOf(const Batch& batch) {
  std::vector<Query> queries;
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

// Collects the lines of each place and puts them in the order of the places.
class Answers {
 public:
  explicit Answers(size_t places) : lines_(places) {}

  void Set(uint32_t place, const CachedLines& lines) {
    for (const CachedLine& line : lines) {
      lines_[place].push_back({NumberOf(line.function), line.line});
    }
  }

  Symbols Finish() {
    for (const std::vector<Line>& lines : lines_) {
      symbols_.first_line.push_back(static_cast<uint32_t>(symbols_.lines.size()));
      symbols_.lines.insert(symbols_.lines.end(), lines.begin(), lines.end());
    }
    symbols_.first_line.push_back(static_cast<uint32_t>(symbols_.lines.size()));
    return std::move(symbols_);
  }

 private:
  uint32_t NumberOf(const std::shared_ptr<const Function>& function) {
    const auto next = static_cast<uint32_t>(symbols_.functions.size());
    const auto [entry, added] = numbers_.emplace(function.get(), next);
    if (added) symbols_.functions.push_back(function);
    return entry->second;
  }

  Symbols symbols_;
  std::vector<std::vector<Line>> lines_;  // by place
  std::unordered_map<const Function*, uint32_t> numbers_;
};

// Keeps the engine's answers to one batch until it is known whether they may be remembered.
class EngineAnswers : public FrameSink {
 public:
  EngineAnswers(SymbolCache& cache, size_t offsets) : cache_(cache), lines_(offsets) {}

  void OnAddress(size_t index, const RawFrame* frames, size_t count) override {
    if (index < lines_.size()) lines_[index] = cache_.Intern(frames, count);
  }

  const CachedLines& operator[](size_t index) const { return lines_[index]; }

 private:
  SymbolCache& cache_;
  std::vector<CachedLines> lines_;
};

// Looks up the queries of one module.
class ModuleBatch {
 public:
  ModuleBatch(SymbolCache& cache, const Module& module, const BatchLimits& limits)
      : cache_(cache), module_(module), limits_(limits) {
    // A path alone is a weaker name: a file replaced under it keeps the old answers.
    const ModuleRef& ref = module.ref;
    number_ = cache.ModuleNumber(ref.build_id.empty() ? ref.path : ref.build_id);
  }

  void Run(const Query* begin, const Query* end, Answers& answers) {
    for (const Query* query = begin; query != end; ++query) {
      const CachedLines* known = cache_.Find(number_, query->offset);
      if (known != nullptr) {
        answers.Set(query->place, *known);
      } else {
        unseen_.push_back(*query);
      }
    }
    if (!unseen_.empty() && module_.mapped) AskEngine(answers);
  }

 private:
  void AskEngine(Answers& answers) {
    std::vector<uint64_t> offsets;
    for (const Query& query : unseen_) {
      if (offsets.empty() || offsets.back() != query.offset) offsets.push_back(query.offset);
    }
    EngineAnswers found(cache_, offsets.size());
    const BatchOutcome outcome = ResolveBatch(module_.ref, offsets, limits_, found);
    const bool final = limits_.detail == Detail::kFull && !outcome.deadline_hit;
    for (size_t i = 0; final && i < offsets.size(); ++i) {
      cache_.Remember(number_, offsets[i], found[i]);
    }
    size_t at = 0;
    for (const Query& query : unseen_) {
      if (offsets[at] != query.offset) ++at;
      answers.Set(query.place, found[at]);
    }
  }

  SymbolCache& cache_;
  const Module& module_;
  const BatchLimits& limits_;
  uint32_t number_ = 0;  // in the cache
  std::vector<Query> unseen_;
};

}  // namespace

Symbols Symbolize(const Batch& batch, const BatchLimits& limits) {
  const std::vector<Query> queries = QueriesOf(batch);
  Answers answers(batch.places.size());
  // Never freed: a request may run while the process exits.
  static auto* const mutex = new std::mutex;
  static auto* const cache = new SymbolCache;  // guarded by *mutex
  const std::lock_guard<std::mutex> lock(*mutex);
  cache->BeginBatch();
  for (size_t begin = 0, end = 0; begin < queries.size(); begin = end) {
    const uint32_t module = queries[begin].module;
    while (end < queries.size() && queries[end].module == module) ++end;
    ModuleBatch(*cache, batch.modules[module], limits)
        .Run(queries.data() + begin, queries.data() + end, answers);
  }
  return answers.Finish();
}

}  // namespace pprof::symbolize
