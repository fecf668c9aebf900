#include "profiler/profiles/holders/search/budget.h"

#include <algorithm>
#include <utility>

#include "profiler/sys/thread/tasks.h"
#include "profiler/sys/thread/this_thread.h"

namespace pprof::profiles::holders {
namespace {

uint64_t CpuNanos() {
  uint64_t nanos = 0;
  sys::ThreadCpuNanos(sys::ThreadId(), &nanos);
  return nanos;
}

}  // namespace

Budget::Budget(uint64_t cpu_nanos, std::function<bool()> cancelled)
    : begun_(CpuNanos()), cpu_nanos_(cpu_nanos), ask_(std::move(cancelled)), allowed_(cpu_nanos) {}

uint64_t Budget::UsedNanos() const { return CpuNanos() - begun_; }

void Budget::Allow(double share) {
  allowed_ = static_cast<uint64_t>(share * static_cast<double>(cpu_nanos_));
  spent_ = cancelled_ || UsedNanos() >= allowed_;
}

void Budget::AllowMore(uint64_t cpu_nanos) {
  allowed_ = std::min(cpu_nanos_, UsedNanos() + cpu_nanos);
}

void Budget::Check() {
  charged_ = 0;
  if (++checks_ % kChecksAQuestion == 0 && ask_ && ask_()) cancelled_ = true;
  spent_ = cancelled_ || UsedNanos() >= allowed_;
}

}  // namespace pprof::profiles::holders
