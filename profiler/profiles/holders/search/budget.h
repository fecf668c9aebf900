// The CPU time that a search may use, and whether its client still waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace pprof::profiles::holders {

// Belongs to the thread that searches. Not async-signal-safe.
class Budget {
 public:
  // `cancelled`: may be empty; asked for every megabyte that is looked through.
  Budget(uint64_t cpu_nanos, std::function<bool()> cancelled);

  // Counts memory that was looked through.
  void Charge(size_t bytes) {
    charged_ += bytes;
    if (charged_ >= kBytesAtOnce) Check();
  }

  // Lets the search use at most this share of its time, for work that must leave time for other.
  void Allow(double share);

  // Lets it use at most this much more.
  void AllowMore(uint64_t cpu_nanos);

  // Whether the search must end: the share is used up, or the client has left.
  bool IsSpent() const { return spent_; }
  bool IsCancelled() const { return cancelled_; }
  uint64_t UsedNanos() const;

 private:
  static constexpr size_t kBytesAtOnce = size_t{256} << 10;
  static constexpr int kChecksAQuestion = 4;

  void Check();

  const uint64_t begun_;
  const uint64_t cpu_nanos_;
  const std::function<bool()> ask_;
  uint64_t allowed_;
  size_t charged_ = 0;
  int checks_ = 0;
  bool spent_ = false;
  bool cancelled_ = false;
};

}  // namespace pprof::profiles::holders
