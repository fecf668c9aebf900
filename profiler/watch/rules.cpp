#include "profiler/watch/rules.h"

#include <algorithm>

namespace pprof::watch {
namespace {

// A rule of memory waits again when the share has fallen so far below its own.
constexpr double kRearm = 0.05;

}  // namespace

Rules::Rules(const WatchOptions& options) {
  std::vector<int> percents = options.memory_percent;
  std::sort(percents.rbegin(), percents.rend());
  for (const int percent : percents) {
    memory_.push_back({percent / 100.0, "memory" + std::to_string(percent)});
  }
}

const char* Rules::Check(const Reading& reading) { return CheckMemory(reading.share); }

// When two are exceeded at once, the higher one speaks for both.
const char* Rules::CheckMemory(double share) {
  const char* reason = nullptr;
  for (MemoryRule& rule : memory_) {
    if (share < rule.share - kRearm) rule.armed = true;
    if (share <= rule.share || !rule.armed) continue;
    rule.armed = false;
    if (reason == nullptr) reason = rule.reason.c_str();
  }
  return reason;
}

double Rules::NextShare(double share) const {
  double next = 1;
  for (const MemoryRule& rule : memory_) {
    if (rule.armed && rule.share > share) next = rule.share;
  }
  return next;
}

}  // namespace pprof::watch
