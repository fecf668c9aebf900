// The header of a line program: its files, and the parameters of its instructions.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/symbolize/elf/section_stream.h"
#include "profiler/sys/memory/byte_cursor.h"

namespace pprof::symbolize {

// String sections that line tables refer to.
struct LineStrings {
  sys::Bytes line_str;
  // Null where .debug_str is compressed: no compiler refers to it from here.
  SectionStream* str = nullptr;
};

// Ownership: borrows the bytes. Thread safety: none. Not async-signal-safe.
class LineHeader {
 public:
  // `program` starts at the unit length. False for damage and for versions other than 2 to 5.
  bool Parse(sys::Bytes program, const LineStrings& strings);

  uint8_t min_instruction_length() const { return min_instruction_length_; }
  int8_t line_base() const { return line_base_; }
  uint8_t line_range() const { return line_range_; }    // not 0
  uint8_t opcode_base() const { return opcode_base_; }  // not 0
  uint8_t operand_count(uint8_t opcode) const { return operand_counts_[opcode]; }
  sys::Bytes instructions() const { return instructions_; }

  // Absolute if `comp_dir` or the recorded path is; empty for an unknown file.
  std::string FileName(uint64_t index, std::string_view comp_dir) const;

 private:
  struct Entry {
    std::string_view path;
    uint64_t directory = 0;
  };

  bool ParseVersion5(sys::ByteCursor& cursor, const LineStrings& strings, bool dwarf64);
  void ParseVersion2(sys::ByteCursor& cursor);

  uint16_t version_ = 0;
  uint8_t min_instruction_length_ = 1;
  int8_t line_base_ = 0;
  uint8_t line_range_ = 1;
  uint8_t opcode_base_ = 1;
  std::array<uint8_t, 256> operand_counts_ = {};
  std::vector<Entry> directories_;
  std::vector<Entry> files_;
  sys::Bytes instructions_;
};

}  // namespace pprof::symbolize
