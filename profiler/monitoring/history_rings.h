// What the process used in the last days, finer the younger it is: a row a second for 10 minutes,
// one for 10 s for 3 hours, one for 5 minutes for 7 days. And marks.
//
// Rows and marks have the time of a clock that nobody sets (BootNanos); a reader converts it with
// the difference to the wall clock at that moment. So the wall clock may jump: the order stays, and
// ages stay true.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "profiler/monitoring/ring.h"

namespace pprof::monitoring {

// Values at one moment; kUnknown: could not be read.
struct HistoryRow {
  static constexpr int64_t kUnknown = -1;
  int64_t boot_nanos;
  int64_t resident_bytes;
  int64_t in_use_bytes;  // of the allocator: handed out
  int64_t free_bytes;    // of the allocator: kept for later
  int64_t cpu_nanos;     // since the process started
  int32_t threads;
  int32_t open_files;
};

enum class MarkKind : uint8_t { kMark, kCapture, kRate, kRequest, kStart };

struct HistoryMark {
  static constexpr size_t kMostBytes = 79;
  int64_t boot_nanos;
  MarkKind kind;
  char text[kMostBytes];  // ends with a NUL if shorter
};

struct Resolution {
  std::chrono::seconds step;
  size_t rows;
};

// All bytes zero is the empty history: it lives in pages from the kernel, and never grows.
// Thread safety: none.
class HistoryRings {
 public:
  static constexpr size_t kResolutions = 3;
  static constexpr Resolution kResolution[kResolutions] = {{std::chrono::seconds(1), 600},
                                                           {std::chrono::seconds(10), 1080},
                                                           {std::chrono::seconds(300), 2016}};
  static constexpr size_t kMarks = 256;

  // Adds a reading. The last row of the coarser resolutions is that of the current 10 s and
  // 5 minutes; it gets the bytes of the moment when most was resident, the most threads and files,
  // and time and CPU time of the last reading. A clock that goes back, as for a process restored
  // from a checkpoint, empties the history.
  void Add(const HistoryRow& row);

  // Adds a mark; those of the program have a ring of their own, so that no scraper displaces them.
  // A text that is too long is cut, between characters of UTF-8.
  void AddMark(MarkKind kind, int64_t boot_nanos, std::string_view text);

  // The rows of kResolution[i] that are not older than its span, oldest first.
  std::vector<HistoryRow> Rows(size_t i, int64_t now_boot_nanos) const;

  // All marks, oldest first.
  std::vector<HistoryMark> Marks() const;

 private:
  void Clear();

  Ring<HistoryRow, kResolution[0].rows> seconds_;
  Ring<HistoryRow, kResolution[1].rows> tens_;
  Ring<HistoryRow, kResolution[2].rows> minutes_;
  Ring<HistoryMark, kMarks> program_marks_;
  Ring<HistoryMark, kMarks> own_marks_;
};

static_assert(sizeof(HistoryRings) <= size_t{512} << 10);

}  // namespace pprof::monitoring
