// What batches share: the cache, and whose turn it is.
#pragma once

#include <atomic>
#include <cstdint>

#include "profiler/symbolize/service/symbol_cache.h"
#include "profiler/symbolize/service/turn.h"
#include "profiler/sys/thread/mutex.h"

namespace pprof::symbolize {

// One a process, made at the first use and never freed, since a request may run while the process
// exits. A forked child gets a new one: in the inherited one, threads that the child does not have
// may hold the mutexes for ever.
struct SharedState {
  // Thread safety: safe. Not signal-safe: allocates.
  static SharedState& OfThisProcess();
  // Null before the first use. Signal-safe.
  static SharedState* IfMade();

  // One batch that somebody waits for at a time: the next one finds its names in the cache.
  Turn turn;

  // Held for moments only, never while files are read.
  sys::Mutex mutex;
  SymbolCache cache PPROF_GUARDED_BY(mutex);

  std::atomic<bool> background_runs{false};
  std::atomic<bool> exiting{false};
};

// Takes what the engine says about the offsets of one module.
class EngineAnswers : public FrameSink {
 public:
  EngineAnswers(SharedState& shared, size_t offsets) : shared_(shared), lines_(offsets) {}

  void OnAddress(size_t index, const RawFrame* frames, size_t count) override;
  const CachedLines& operator[](size_t index) const { return lines_[index]; }

  // Into the cache, also that there is no name.
  void Remember(const ModuleRef& module, const std::vector<uint64_t>& offsets);

 private:
  SharedState& shared_;
  std::vector<CachedLines> lines_;
};

// What a module is called in the cache. A path alone is a weaker name: a file replaced under it
// keeps the old answers.
inline const std::string& IdentityOf(const ModuleRef& module) {
  return module.build_id.empty() ? module.path : module.build_id;
}

}  // namespace pprof::symbolize
