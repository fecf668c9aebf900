#include "profiler/symbolize/symbolizer.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "profiler/symbolize/symbol_cache.h"

namespace pprof::symbolize {
namespace {

// One location to be looked up.
struct Query {
  uint32_t mapping = 0;
  uint64_t offset = 0;  // in the file
  uint32_t location = 0;
};

// Every location with a mapping, grouped by mapping and sorted by offset.
std::vector<Query> QueriesOf(const model::Profile& profile) {
  std::vector<Query> queries;
  queries.reserve(profile.locations.size());
  for (uint32_t i = 0; i < profile.locations.size(); ++i) {
    const model::Location& location = profile.locations[i];
    if (location.name != 0 || location.mapping == model::kNoMapping) continue;
    const model::Mapping& mapping = profile.mappings[location.mapping];
    queries.push_back({location.mapping, location.address - mapping.start + mapping.offset, i});
  }
  std::sort(queries.begin(), queries.end(), [](const Query& a, const Query& b) {
    return std::pair(a.mapping, a.offset) < std::pair(b.mapping, b.offset);
  });
  return queries;
}

// Collects the lines of each location and puts them in the order of the locations.
class Answers {
 public:
  explicit Answers(size_t locations) : lines_(locations) {}

  void Set(uint32_t location, const CachedLines& lines) {
    for (const CachedLine& line : lines) {
      lines_[location].push_back({NumberOf(line.function), line.line});
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
  std::vector<std::vector<Line>> lines_;  // by location
  std::unordered_map<const Function*, uint32_t> numbers_;
};

// Keeps the engine's answers to one batch until it is known whether they may be remembered.
class BatchAnswers : public FrameSink {
 public:
  BatchAnswers(SymbolCache& cache, size_t offsets) : cache_(cache), lines_(offsets) {}

  void OnAddress(size_t index, const RawFrame* frames, size_t count) override {
    if (index < lines_.size()) lines_[index] = cache_.Intern(frames, count);
  }

  const CachedLines& operator[](size_t index) const { return lines_[index]; }

 private:
  SymbolCache& cache_;
  std::vector<CachedLines> lines_;
};

// Looks up the queries of one mapping.
class MappingBatch {
 public:
  MappingBatch(SymbolCache& cache, const model::Mapping& mapping, const BatchLimits& limits)
      : cache_(cache), mapping_(mapping), limits_(limits) {
    // A path alone is a weaker name: a file replaced under it keeps the old answers.
    module_ = cache.ModuleNumber(mapping.build_id.empty() ? mapping.path : mapping.build_id);
  }

  void Run(const Query* begin, const Query* end, Answers& answers) {
    for (const Query* query = begin; query != end; ++query) {
      const CachedLines* known = cache_.Find(module_, query->offset);
      if (known != nullptr) {
        answers.Set(query->location, *known);
      } else {
        unseen_.push_back(*query);
      }
    }
    // An engine reads the memory at a mapping; of an unloaded one it would read something else.
    if (!unseen_.empty() && !mapping_.unloaded) AskEngine(answers);
  }

 private:
  ModuleRef Module() const {
    ModuleRef module;
    module.path = mapping_.path;
    module.build_id = mapping_.build_id;
    module.bias = mapping_.start - mapping_.offset;
    module.is_main_executable = mapping_.main_executable;
    return module;
  }

  void AskEngine(Answers& answers) {
    std::vector<uint64_t> offsets;
    for (const Query& query : unseen_) {
      if (offsets.empty() || offsets.back() != query.offset) offsets.push_back(query.offset);
    }
    BatchAnswers batch(cache_, offsets.size());
    const BatchOutcome outcome = ResolveBatch(Module(), offsets, limits_, batch);
    const bool final = limits_.detail == Detail::kFull && !outcome.deadline_hit;
    for (size_t i = 0; final && i < offsets.size(); ++i) {
      cache_.Remember(module_, offsets[i], batch[i]);
    }
    size_t at = 0;
    for (const Query& query : unseen_) {
      if (offsets[at] != query.offset) ++at;
      answers.Set(query.location, batch[at]);
    }
  }

  SymbolCache& cache_;
  const model::Mapping& mapping_;
  const BatchLimits& limits_;
  uint32_t module_ = 0;
  std::vector<Query> unseen_;
};

}  // namespace

Symbols Symbolize(const model::Profile& profile, const BatchLimits& limits) {
  const std::vector<Query> queries = QueriesOf(profile);
  Answers answers(profile.locations.size());
  // Never freed: a request may run while the process exits.
  static auto* const mutex = new std::mutex;
  static auto* const cache = new SymbolCache;  // guarded by *mutex
  const std::lock_guard<std::mutex> lock(*mutex);
  cache->BeginBatch();
  for (size_t begin = 0, end = 0; begin < queries.size(); begin = end) {
    const uint32_t mapping = queries[begin].mapping;
    while (end < queries.size() && queries[end].mapping == mapping) ++end;
    MappingBatch(*cache, profile.mappings[mapping], limits)
        .Run(queries.data() + begin, queries.data() + end, answers);
  }
  return answers.Finish();
}

}  // namespace pprof::symbolize
