// "block" and "mutex": contention sampled by the hooks of lock and wait functions.
#include <fmt/format.h>

#include <algorithm>

#include "profiler/profiles/builtin.h"
#include "profiler/profiles/contention/contention_rates.h"
#include "profiler/profiles/stack_view.h"
#include "profiler/signal_safe/contention/contention_sampler.h"
#include "profiler/sys/time/tick_clock.h"

namespace pprof::profiles {
namespace {

using signal_safe::contention;
using signal_safe::ContentionStack;
using signal_safe::ContentionTable;
using Delta = ValueType::Delta;

constexpr const char* kRate = "rate";
constexpr const char* kFraction = "fraction";

Status CheckSupport() {
  if (contention.hooked.load(std::memory_order_relaxed)) return {};
  return {StatusCode::kUnsupported,
          "no contention profile: pprof-cpp does not interpose pthread_mutex_lock. A sanitizer or "
          "another library interposes it first, or pprof::profiler is not linked into the "
          "executable"};
}

// Omits a stack that was never charged: its entry may have just been added.
void AddStack(const ContentionTable& table, const ContentionStack& stack,
              SnapshotBuilder& builder) {
  const signal_safe::FixedCount count = stack.count.Load();
  const auto nanos = static_cast<int64_t>(stack.nanos.load(std::memory_order_relaxed));
  if (!count.IsZero() || nanos != 0) AddStackOf(table, stack, {count.Rounded(), nanos}, builder);
}

void AddStacks(const ContentionTable& table, SnapshotBuilder& builder) {
  table.ForEach([&](const ContentionStack& stack) { AddStack(table, stack, builder); });
}

void AddCommon(SnapshotBuilder& builder) {
  builder.SetPeriod("contentions", "count", 1);
  builder.AddLost(contention.lost_events.load(std::memory_order_relaxed));
  if (contention.environment_refused.load(std::memory_order_relaxed)) {
    builder.AddComment(
        "PPROF_CPP_BLOCK_RATE is not a duration such as 10us, or PPROF_CPP_MUTEX_FRACTION not a "
        "number such as 100; the invalid one is off");
  }
}

Status CollectBlock(SnapshotBuilder& builder) {
  if (Status status = CheckSupport(); !status.ok()) return status;
  AddCommon(builder);
  if (const uint64_t interval = contention.block_interval_ns.load(std::memory_order_relaxed)) {
    builder.AddComment(fmt::format(
        "keeps all waits of at least {} ns, and shorter ones in proportion, scaled", interval));
  } else {
    builder.AddComment(
        "block profiling is off. Switch it on with POST /debug/pprof/block?rate=10us "
        "and the header Content-Type: application/json, for one "
        "request with GET /debug/pprof/block?seconds=10&rate=10us, with pprof::SetSampling, or "
        "with PPROF_CPP_BLOCK_RATE=10us in the environment");
  }
  AddStacks(contention.block, builder);
  return {};
}

void AddMutexLosses(SnapshotBuilder& builder) {
  const uint64_t waits =
      contention.lost_waits.load(std::memory_order_relaxed) + contention.waiters.lost_waits();
  const auto lost = static_cast<uint64_t>(std::max<int64_t>(contention.waiters.lost_ticks(), 0));
  const uint64_t nanos = sys::tick_clock.ToNanos(lost);
  if (waits == 0 && nanos == 0) return;
  builder.AddComment(fmt::format(
      "{} waits and {} ns of delay could not be charged to a holder: too many locks were contended "
      "at once",
      waits, nanos));
}

Status CollectMutex(SnapshotBuilder& builder) {
  if (Status status = CheckSupport(); !status.ok()) return status;
  AddCommon(builder);
  AddMutexLosses(builder);
  if (const uint32_t n = contention.mutex_fraction.load(std::memory_order_relaxed)) {
    builder.AddComment(fmt::format("keeps 1 of {} contended unlocks, scaled", n));
  } else {
    builder.AddComment(
        "mutex profiling is off. Switch it on with POST /debug/pprof/mutex?fraction=100 "
        "and the header Content-Type: application/json, for one "
        "request with GET /debug/pprof/mutex?seconds=10&fraction=100, with pprof::SetSampling, or "
        "with PPROF_CPP_MUTEX_FRACTION=100 in the environment");
  }
  AddStacks(contention.mutex, builder);
  return {};
}

Status BadParameter(const std::string& text, const char* name, const char* wanted) {
  return {StatusCode::kInvalidArgument,
          fmt::format(R"(invalid value "{}" for "{}" - must be {})", text, name, wanted)};
}

std::string TextOf(const Parameters& parameters, const char* name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string() : found->second;
}

Status ReadRate(const Parameters& parameters, std::chrono::nanoseconds* rate) {
  const std::string text = TextOf(parameters, kRate);
  uint64_t nanos = 0;
  if (!signal_safe::ParseWaitInterval(text, &nanos)) {
    return BadParameter(text, kRate,
                        "a duration with its unit, such as 10us, of at most 1h; 0 switches off");
  }
  *rate = std::chrono::nanoseconds(nanos);
  return {};
}

Status ReadFraction(const Parameters& parameters, uint32_t* fraction) {
  const std::string text = TextOf(parameters, kFraction);
  if (!signal_safe::ParseFraction(text, fraction)) {
    return BadParameter(text, kFraction,
                        "a number n of at most 1000000000, for 1 of n unlocks; 0 switches off");
  }
  return {};
}

Status SetRate(const Parameters& parameters) {
  if (Status status = CheckSupport(); !status.ok()) return status;
  std::chrono::nanoseconds rate{};
  if (Status status = ReadRate(parameters, &rate); !status.ok()) return status;
  ContentionRates::Instance().SetBlockInterval(rate);
  return {};
}

Status SetFraction(const Parameters& parameters) {
  if (Status status = CheckSupport(); !status.ok()) return status;
  uint32_t fraction = 0;
  if (Status status = ReadFraction(parameters, &fraction); !status.ok()) return status;
  ContentionRates::Instance().SetMutexFraction(fraction);
  return {};
}

// Raises the rate for one request; null if it did not ask for one.
Result<std::shared_ptr<void>> WantRate(const Parameters& parameters) {
  if (parameters.count(kRate) == 0) return std::shared_ptr<void>();
  std::chrono::nanoseconds rate{};
  if (Status status = ReadRate(parameters, &rate); !status.ok()) return status;
  if (rate.count() == 0) return std::shared_ptr<void>();
  return ContentionRates::Instance().WantBlockInterval(rate);
}

Result<std::shared_ptr<void>> WantFraction(const Parameters& parameters) {
  if (parameters.count(kFraction) == 0) return std::shared_ptr<void>();
  uint32_t fraction = 0;
  if (Status status = ReadFraction(parameters, &fraction); !status.ok()) return status;
  if (fraction == 0) return std::shared_ptr<void>();
  return ContentionRates::Instance().WantMutexFraction(fraction);
}

ProfileType ContentionType(const char* name, const char* description) {
  ProfileType type;
  type.name = name;
  type.description = description;
  type.values = {{"contentions", "count", Delta::kDifference},
                 {"delay", "nanoseconds", Delta::kDifference}};
  type.text_form = TextForm::kContention;
  return type;
}

}  // namespace

ProfileType BlockProfile() {
  ProfileType type = ContentionType(
      "block",
      "Stack traces that waited for locks, conditions, semaphores and threads. Off until a "
      "rate is set; rate=10us with seconds= switches it on for the request.");
  type.parameters = {kRate};
  type.actions = {{"",
                   "Keeps waits of at least this long, and shorter ones in proportion; 0 is off",
                   {kRate},
                   SetRate}};
  type.count = [] { return static_cast<int64_t>(contention.block.size()); };
  type.prepare = WantRate;
  type.collect = CollectBlock;
  return type;
}

ProfileType MutexProfile() {
  ProfileType type = ContentionType(
      "mutex",
      "Stack traces of holders of contended locks, at their unlock. Off until a fraction is "
      "set; fraction=100 with seconds= switches it on for the request.");
  type.parameters = {kFraction};
  type.actions = {
      {"", "Keeps one of this many contended unlocks; 0 is off", {kFraction}, SetFraction}};
  type.count = [] { return static_cast<int64_t>(contention.mutex.size()); };
  type.prepare = WantFraction;
  type.collect = CollectMutex;
  return type;
}

}  // namespace pprof::profiles
