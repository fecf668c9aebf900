// Passes samples from signal handlers to the thread that aggregates them.
//
// Writers: many, in handlers. They never wait: a full or too contended ring drops and counts.
// Reader: one thread, Drain(). Invariants (a bounded queue after Vyukov):
//  1. A record's `turn` names its owner: n: free for write n; n + 1: written, for read n. Write n
//  uses
//     record n modulo the size.
//  2. A writer owns the record between its claim of `head_` and its release of `turn`.
// Memory: 2,048 records of 1,064 bytes, 2.1 MiB, mapped and touched before the first sample: page
// faults in the handler would make it ten times slower. 64 CPUs at 250 ticks/s fill a sixth of it
// in the 20 ms between two drains.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "profiler/signal_safe/unwind/unwind.h"

namespace pprof::signal_safe {

struct RingSample {
  int32_t tid;
  uint32_t weight;  // 1; 0: the thread ended
  uint32_t label_set;
  uint32_t depth;
  StackEnd end;
  bool own;            // of an ended thread: it was a profiler thread
  bool deaf;           // of an ended thread: it had no timer, and blocked SIGPROF
  uint64_t cpu_nanos;  // of an ended thread: its whole CPU time
  uintptr_t pcs[kMaxStackDepth];
};

// Not async-signal-safe, except where a member says so.
class SampleRing {
 public:
  // Maps the records, once. False: out of memory. Thread safety: one caller at a time.
  bool Prepare();

  // A record to fill, or nullptr if the ring is full, contended or not prepared; `weight` is then
  // counted as lost. Each claim must be followed by Publish. Async-signal-safe.
  RingSample* Claim(uint32_t weight);
  void Publish(RingSample* sample);

  // Calls visit(sample) for each published sample, in order. Reader thread only.
  template <class Visit>
  void Drain(Visit&& visit) {
    // At most one round: writers may be faster than the reader.
    for (size_t i = 0; i < kRecords; ++i) {
      const RingSample* sample = Front();
      if (sample == nullptr) return;
      visit(*sample);
      PopFront();
    }
  }

  // Discards all samples, including those that threads of the parent claimed but did not publish.
  // Only in the child of a fork. Async-signal-safe.
  void OnForkChild();

  // Records claimed since process start.
  uint64_t taken() const { return head_.load(std::memory_order_relaxed); }

  // Total weight lost since process start.
  uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  struct Record {
    std::atomic<uint64_t> turn;
    RingSample sample;
  };
  static constexpr size_t kRecords = 2048;

  // The oldest published sample, or nullptr.
  const RingSample* Front() const;
  void PopFront();

  std::atomic<Record*> records_;
  std::atomic<uint64_t> head_;
  std::atomic<uint64_t> lost_;
  uint64_t tail_;  // owned by the reader
};

extern SampleRing sample_ring __attribute__((visibility("hidden")));

}  // namespace pprof::signal_safe
