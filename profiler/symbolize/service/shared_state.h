// State shared by batches: the cache, and the turn of the batch that runs.
#pragma once

#include <atomic>
#include <cstdint>

#include "profiler/symbolize/service/symbol_cache.h"
#include "profiler/symbolize/service/turn.h"
#include "profiler/sys/thread/mutex.h"

namespace pprof::symbolize {

// One per process, made at first use and never freed, since a request may run while the process
// exits. A forked child gets a new one: the inherited mutexes may be held by threads that do not
// exist in the child.
struct SharedState {
  // Thread safety: safe. Not async-signal-safe: allocates.
  static SharedState& OfThisProcess();
  // nullptr before the first use. Async-signal-safe.
  static SharedState* IfMade();

  // One requested batch at a time: the next one finds its symbols in the cache.
  Turn turn;

  // Held for moments only, never while files are read.
  sys::Mutex mutex;
  SymbolCache cache PPROF_GUARDED_BY(mutex);

  std::atomic<bool> background_runs{false};
  std::atomic<bool> exiting{false};
};

// Collects the engine's results for the offsets of one module.
class EngineAnswers : public FrameSink {
 public:
  EngineAnswers(SharedState& shared, size_t offsets) : shared_(shared), lines_(offsets) {}

  void OnAddress(size_t index, const RawFrame* frames, size_t count) override;
  const CachedLines& operator[](size_t index) const { return lines_[index]; }

  // Stores the results in the cache, including those without a name. `has_names`: see BatchOutcome.
  void Remember(const ModuleRef& module, const std::vector<uint64_t>& offsets, bool has_names);

 private:
  SharedState& shared_;
  std::vector<CachedLines> lines_;
};

// The module's key in the cache. A path alone is weaker: if the file is replaced, old results are
// kept.
inline const std::string& IdentityOf(const ModuleRef& module) {
  return module.build_id.empty() ? module.path : module.build_id;
}

}  // namespace pprof::symbolize
