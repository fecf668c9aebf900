// Runs a line program and reports the rows that contain wanted addresses; stores no rows.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "profiler/symbolize/dwarf/line_header.h"
#include "profiler/symbolize/elf/time_budget.h"

namespace pprof::symbolize {

// Thread safety: none. Not async-signal-safe.
class LineProgram {
 public:
  // `index` is that of the address in `addresses`. May be called repeatedly for an address.
  using OnRow = std::function<void(size_t index, uint64_t file, uint32_t line)>;

  // `addresses`: sorted.
  LineProgram(const LineHeader& header, const std::vector<uint64_t>& addresses, OnRow on_row);

  // Errors: damage ends it early.
  void Run(TimeBudget& budget);

 private:
  struct Row {
    uint64_t address = 0;
    uint64_t file = 1;
    uint64_t line = 1;
  };

  struct Advance {
    uint32_t address = 0;
    int32_t line = 0;
  };

  void MakeAdvances();
  void RunSpecial(uint8_t opcode) {
    row_.address += advances_[opcode].address;
    row_.line += static_cast<uint64_t>(static_cast<int64_t>(advances_[opcode].line));
    EmitRow();
  }
  void RunStandard(uint8_t opcode, sys::ByteCursor& cursor);
  void RunExtended(sys::ByteCursor& cursor);
  void AdvanceAddress(uint64_t operations) {
    row_.address += operations * header_.min_instruction_length();
  }
  void EmitRow() {
    // Most rows lie between two wanted addresses.
    if (row_.address > next_address_ || !in_sequence_) ReportBefore();
    last_ = row_;
  }
  void ReportBefore();

  const LineHeader& header_;
  const std::vector<uint64_t>& addresses_;
  const OnRow on_row_;
  std::array<Advance, 256> advances_ = {};  // of special opcodes: saves a division each
  Row row_;
  Row last_;                   // the previous row, which extends to the address of this one
  bool in_sequence_ = false;   // last_ is in the same sequence
  size_t next_ = 0;            // first address that may be at or after last_
  uint64_t next_address_ = 0;  // that of next_; the largest number if there is none
};

}  // namespace pprof::symbolize
