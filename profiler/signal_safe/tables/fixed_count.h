// Sums of weights. Weights are fractional, so counts are kept in units of 1/65536.
#pragma once

#include <atomic>
#include <cstdint>

namespace pprof::signal_safe {

// A value. Thread safety: none. Async-signal-safe.
class FixedCount {
 public:
  FixedCount() = default;  // trivial: zeroed memory is 0

  // Rounded to the nearest unit. REQUIRES: 0 <= weight < 2^47.
  static constexpr FixedCount Of(double weight) {
    // Not lround, a call into libm, which is not for here.
    // NOLINTNEXTLINE(bugprone-incorrect-roundings): never negative
    return FixedCount(static_cast<int64_t>(weight * kUnits + 0.5));
  }
  static constexpr FixedCount OfWhole(uint64_t count) {
    return FixedCount(static_cast<int64_t>(count * kUnits));
  }

  // The nearest whole number. REQUIRES: not negative.
  constexpr int64_t Rounded() const { return (units_ + kUnits / 2) / kUnits; }
  constexpr bool IsZero() const { return units_ == 0; }

  friend constexpr FixedCount operator-(FixedCount a, FixedCount b) {
    return FixedCount(a.units_ - b.units_);
  }
  friend constexpr bool operator==(FixedCount a, FixedCount b) { return a.units_ == b.units_; }
  friend constexpr bool operator!=(FixedCount a, FixedCount b) { return a.units_ != b.units_; }

 private:
  friend class FixedCounter;
  static constexpr int64_t kUnits = 65536;

  explicit constexpr FixedCount(int64_t units) : units_(units) {}

  int64_t units_;
};

// A sum that any thread may add to. Zeroed memory is 0. Thread safety: safe. Async-signal-safe.
class FixedCounter {
 public:
  void Add(FixedCount count, std::memory_order order = std::memory_order_relaxed) {
    units_.fetch_add(count.units_, order);
  }
  FixedCount Load(std::memory_order order = std::memory_order_relaxed) const {
    return FixedCount(units_.load(order));
  }

 private:
  std::atomic<int64_t> units_;
};

}  // namespace pprof::signal_safe
