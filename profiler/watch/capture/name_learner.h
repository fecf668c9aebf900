// Looks up the names of heap stacks for later captures, while the process is calm.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "profiler/model/profile.h"
#include "profiler/model/symbols.h"
#include "profiler/sys/memory_limits/memory_levels.h"
#include "profiler/sys/thread/own_thread.h"

namespace pprof::watch {

// Thread safety: used by one thread.
class NameLearner {
 public:
  // `take` gets what was found, and the number of modules unloaded so far, on a thread of the
  // learner's; `stopped` ends it early.
  using Take = std::function<void(const model::Profile&, const model::Symbols&, uint64_t unloaded)>;
  NameLearner(Take take, std::function<bool()> stopped)
      : take_(std::move(take)), stopped_(std::move(stopped)) {}

  // Starts a look-up on a thread of low priority, unless one runs: when there are new stacks, ever
  // more rarely; and once in each tenth of the limit that fills up. Not near the limit.
  void StartIfDue(const sys::MemoryLevel& level, int64_t now);

  // Waits for the look-up that runs.
  void Join() { thread_.Join(); }

 private:
  void Learn();

  const Take take_;
  const std::function<bool()> stopped_;
  std::atomic<bool> running_{false};
  sys::OwnThread thread_;
  size_t stacks_ = 0;  // at the last look-up
  double share_ = 0;
  int64_t next_ = 0;
  int64_t pause_ = 0;
};

}  // namespace pprof::watch
