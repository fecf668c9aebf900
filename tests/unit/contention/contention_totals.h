// Totals of a contention profile for functions that tests look for.
#pragma once

#include <string>

#include "pprof/pprof.h"

namespace pprof::testing {

struct Totals {
  double contentions = 0;
  double nanos = 0;

  double millis() const { return nanos / 1e6; }
};

// The samples with a frame whose function name contains `function`; all samples for "".
Totals TotalsOf(const Snapshot& snapshot, const std::string& function);

// The contention profiles between construction and Take(), with sampling on.
class ContentionWindow {
 public:
  ContentionWindow(std::chrono::nanoseconds block_interval, int mutex_fraction);
  ~ContentionWindow();
  // Switches sampling off and reads the profiles.
  void Take();

  const Snapshot& block() const { return *block_; }
  const Snapshot& mutex() const { return *mutex_; }

 private:
  Sampling before_;
  std::unique_ptr<Snapshot> block_;
  std::unique_ptr<Snapshot> mutex_;
};

}  // namespace pprof::testing
