// Samples from signal handlers to the thread that adds them up.
//
// Writers: many, in handlers; they never wait: full or too contended means drop and count.
// Reader: one thread, Drain().
// Invariants (a bounded queue after Vyukov):
//  1. A record's `turn` says whose it is: n: free for write n; n + 1: written, for read n; records
//     are used in turn, n modulo the size.
//  2. A writer owns the record between its claim of `head_` and its release of `turn`.
// Memory: 2,048 records of 1,064 bytes, 2.1 MiB, mapped and touched before the first sample: page
// faults in the handler would make it ten times as slow. 64 CPUs at 250 ticks/s fill a sixth of it
// in the 20 ms between two drains.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "profiler/signal_safe/unwind/unwind.h"

namespace pprof::signal_safe {

struct RingSample {
  int32_t tid;
  uint32_t weight;  // timer expirations this sample stands for; 0: the thread ended
  uint32_t label_set;
  uint32_t depth;
  bool truncated;
  bool own;            // of a thread that ended: it was one of the profiler's
  uint64_t cpu_nanos;  // of a thread that ended: its whole CPU time
  uintptr_t pcs[kMaxStackDepth];
};

class SampleRing {
 public:
  // Maps the records; again: nothing. False: no memory. Not signal-safe. One thread at a time.
  bool Prepare();

  // A record to fill, or nullptr: full, contended or not prepared; counted as lost with `weight`.
  // Signal-safe. Each claim must be followed by Publish.
  RingSample* Claim(uint32_t weight);
  void Publish(RingSample* sample);

  // Calls visit(sample) for each published sample, in order. The reader only.
  template <class Visit>
  void Drain(Visit&& visit) {
    // At most one round: writers may be faster than we are.
    for (size_t i = 0; i < kRecords; ++i) {
      const RingSample* sample = Front();
      if (sample == nullptr) return;
      visit(*sample);
      PopFront();
    }
  }

  // Forgets all, also what a thread of the parent had claimed and not published. Only in the child
  // of a fork. Signal-safe.
  void OnForkChild();

  // Weights lost since the start of the process.
  uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  struct Record {
    std::atomic<uint64_t> turn;
    RingSample sample;
  };
  static constexpr size_t kRecords = 2048;

  // The oldest sample that is published, or nullptr.
  const RingSample* Front() const;
  void PopFront();

  std::atomic<Record*> records_;
  std::atomic<uint64_t> head_;
  std::atomic<uint64_t> lost_;
  uint64_t tail_;  // owned by the reader
};

extern SampleRing sample_ring __attribute__((visibility("hidden")));

}  // namespace pprof::signal_safe
