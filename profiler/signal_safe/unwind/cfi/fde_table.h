// Finds the record of a function in a module's sorted table.
// Source: Linux Standard Base 5, section 10.6.2 (.eh_frame_hdr).
#pragma once

#include <cstdint>

namespace pprof::signal_safe {

// A function's start and its record, relative to FdeTable::base.
struct FdeEntry {
  int32_t start;
  int32_t record;
};

// Async-signal-safe.
struct FdeTable {
  const uint8_t* base = nullptr;
  const FdeEntry* entries = nullptr;
  uint64_t count = 0;

  // The record of the last function that starts at or before `pc`; nullptr if there is none.
  // REQUIRES: sorted.
  const uint8_t* Find(uintptr_t pc) const;
};

// The table of a .eh_frame_hdr; empty if it has none or one in an unusual form.
// Async-signal-safe.
FdeTable TableOf(const uint8_t* header);

}  // namespace pprof::signal_safe
