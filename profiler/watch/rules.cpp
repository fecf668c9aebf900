#include "profiler/watch/rules.h"

#include <algorithm>
#include <numeric>

namespace pprof::watch {
namespace {

constexpr int64_t kSecond = 1000000000;
constexpr int64_t kDay = 86400 * kSecond;
// Between two of the last ten values.
constexpr int64_t kStep = 5 * kSecond;
// A rule of memory waits again when the share has fallen so far below its own.
constexpr double kRearm = 0.05;
// What is small is nobody's problem: neither marks nor slopes count below these shares.
constexpr double kLeastShareOfMark = 0.1;
constexpr double kLeastShareOfSlope = 0.25;
constexpr double kLeastThreads = 50;

int64_t Nanos(std::chrono::nanoseconds duration) { return duration.count(); }

}  // namespace

Rules::Rules(const WatchOptions& options, int64_t now) : options_(options), start_(now) {
  std::vector<int> percents = options.memory_percent;
  std::sort(percents.rbegin(), percents.rend());
  for (const int percent : percents) {
    memory_.push_back({percent / 100.0, "memory" + std::to_string(percent), {}});
  }
}

bool Rules::Pace::May(int64_t now, const WatchOptions& options) {
  if (last_ != INT64_MIN && now - last_ < Nanos(options.cooldown)) return false;
  if (now / kDay != day_) today_ = 0;
  day_ = now / kDay;
  if (today_ >= options.most_a_day) return false;
  ++today_;
  last_ = now;
  return true;
}

const char* Rules::Check(const Reading& reading) {
  if (const char* reason = CheckMemory(reading)) return reason;
  if (reading.asked && asked_pace_.May(reading.nanos, options_)) return "signal";
  if (reading.deadlock && deadlock_pace_.May(reading.nanos, options_)) return "deadlock";
  if (reading.lock_waits && lock_pace_.May(reading.nanos, options_)) return "lock";
  const char* busy = CheckCpu(reading);
  const char* steps = CheckSteps(reading);
  return busy != nullptr ? busy : steps;
}

// When two are exceeded at once, the higher one speaks for both.
const char* Rules::CheckMemory(const Reading& reading) {
  const char* reason = nullptr;
  for (MemoryRule& rule : memory_) {
    if (reading.share < rule.share - kRearm) rule.armed = true;
    if (reading.share <= rule.share || !rule.armed) continue;
    rule.armed = false;
    if (reason == nullptr && rule.pace.May(reading.nanos, options_)) reason = rule.reason.c_str();
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

// Over the limit in each second since `busy_since_`.
const char* Rules::CheckCpu(const Reading& reading) {
  if (options_.cpu_cores <= 0 || reading.nanos - before_.nanos < kSecond) return nullptr;
  const auto wall = static_cast<double>(reading.nanos - before_.nanos);
  const auto used = static_cast<double>(reading.cpu_nanos - before_.cpu_nanos);
  const bool busy = before_.nanos != 0 && used > options_.cpu_cores * wall;
  if (!busy) busy_since_ = 0;
  if (busy && busy_since_ == 0) busy_since_ = before_.nanos;
  before_ = reading;
  const bool warm = reading.nanos - start_ >= Nanos(options_.warm_up);
  const bool long_enough = busy && reading.nanos - busy_since_ >= Nanos(options_.cpu_for);
  return warm && long_enough && cpu_pace_.May(reading.nanos, options_) ? "cpu" : nullptr;
}

const char* Rules::CheckSteps(const Reading& reading) {
  if (reading.nanos < next_step_) return nullptr;
  next_step_ = reading.nanos + kStep;
  const bool warm = reading.nanos - start_ >= Nanos(options_.warm_up);
  const bool mark = IsNewMark(reading);
  const bool threads = HasMoreThreads(reading);
  resident_.Add(reading.resident);
  shares_.Add(reading.share);
  thread_counts_.Add(static_cast<double>(reading.threads));
  if (!warm) return nullptr;
  if (FillsSoon(reading) && slope_pace_.May(reading.nanos, options_)) return "slope";
  if (mark && high_water_pace_.May(reading.nanos, options_)) return "highwater";
  if (threads && threads_pace_.May(reading.nanos, options_)) return "threads";
  return nullptr;
}

bool Rules::IsNewMark(const Reading& reading) {
  const bool higher = reading.resident > mark_;
  mark_ = std::max(mark_, reading.resident);
  const double least = resident_.Mean() * (1 + options_.high_water_percent / 100.0);
  return options_.high_water_percent > 0 && higher && resident_.full() &&
         reading.resident >= least && reading.resident >= kLeastShareOfMark * reading.limit;
}

bool Rules::FillsSoon(const Reading& reading) const {
  if (options_.slope_within.count() <= 0 || !shares_.full()) return false;
  const double steps =
      static_cast<double>(Nanos(options_.slope_within)) / static_cast<double>(kStep);
  return reading.share >= kLeastShareOfSlope && reading.share + shares_.Slope() * steps >= 1;
}

bool Rules::HasMoreThreads(const Reading& reading) const {
  const auto now = static_cast<double>(reading.threads);
  if (options_.threads > 0 && now > options_.threads) return true;
  return options_.threads_doubled && thread_counts_.full() && now >= kLeastThreads &&
         now >= 2 * thread_counts_.Mean();
}

double Rules::LastTen::Mean() const {
  const size_t count = std::min(added_, values_.size());
  if (count == 0) return 0;
  return std::accumulate(values_.begin(), values_.begin() + static_cast<ptrdiff_t>(count), 0.0) /
         static_cast<double>(count);
}

double Rules::LastTen::Slope() const {
  constexpr double kLeastFit = 0.8;  // share of the variance that a line explains
  const double middle = static_cast<double>(values_.size() - 1) / 2;
  const double mean = Mean();
  double xx = 0;
  double xy = 0;
  double yy = 0;
  for (size_t i = 0; i < values_.size(); ++i) {
    const double x = static_cast<double>(i) - middle;
    const double y = At(i) - mean;
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  return xy > 0 && xy * xy >= kLeastFit * xx * yy ? xy / xx : 0;
}

}  // namespace pprof::watch
