#include "profiler/symbolize/dwarf/line.h"

#include <algorithm>
#include <utility>

#include "profiler/symbolize/dwarf/format/constants.h"

namespace pprof::symbolize {

using namespace dwarf;  // NOLINT(google-build-using-namespace): the field's own names

LineProgram::LineProgram(const LineHeader& header, const std::vector<uint64_t>& addresses,
                         OnRow on_row)
    : header_(header), addresses_(addresses), on_row_(std::move(on_row)) {
  MakeAdvances();
}

// A batch spends a quarter of its time here and in Run(): a single loop keeps the cursor in
// registers.
[[gnu::always_inline]] inline void LineProgram::RunStandard(uint8_t opcode,
                                                            sys::ByteCursor& cursor) {
  switch (opcode) {
    case kLineCopy:
      EmitRow();
      break;
    case kLineAdvancePc:
      AdvanceAddress(cursor.Uleb());
      break;
    case kLineAdvanceLine:
      row_.line += static_cast<uint64_t>(cursor.Sleb());
      break;
    case kLineSetFile:
      row_.file = cursor.Uleb();
      break;
    case kLineConstAddPc:
      AdvanceAddress((255u - header_.opcode_base()) / header_.line_range());
      break;
    case kLineSetColumn:
      cursor.Uleb();
      break;
    case kLineNegateStatement:
      break;
    case kLineFixedAdvancePc:
      row_.address += cursor.U16();
      break;
    default:
      // All other opcodes, including future ones, have only LEB128 operands.
      for (unsigned i = 0; i < header_.operand_count(opcode); ++i) cursor.Uleb();
  }
}

void LineProgram::Run(TimeBudget& budget) {
  sys::ByteCursor cursor(header_.instructions());
  while (!cursor.AtEnd()) {
    const uint8_t opcode = cursor.U8();
    if (opcode >= header_.opcode_base()) {
      RunSpecial(opcode);
    } else if (opcode == kLineExtended) {
      if (budget.Spent()) return;
      RunExtended(cursor);
    } else {
      RunStandard(opcode, cursor);
    }
  }
}

void LineProgram::MakeAdvances() {
  for (unsigned opcode = header_.opcode_base(); opcode < advances_.size(); ++opcode) {
    const unsigned adjusted = opcode - header_.opcode_base();
    Advance& advance = advances_[opcode];
    advance.address = adjusted / header_.line_range() * header_.min_instruction_length();
    advance.line = header_.line_base() + static_cast<int32_t>(adjusted % header_.line_range());
  }
}

void LineProgram::RunExtended(sys::ByteCursor& cursor) {
  sys::ByteCursor operation(cursor.Take(cursor.Uleb()));
  switch (operation.U8()) {
    case kLineEndSequence:
      EmitRow();
      in_sequence_ = false;
      row_ = Row{};
      break;
    case kLineSetAddress:
      row_.address = operation.U64();
      break;
    default:
      break;
  }
}

void LineProgram::ReportBefore() {
  if (in_sequence_) {
    for (; next_ < addresses_.size() && addresses_[next_] < row_.address; ++next_) {
      // Sequences at 0 describe code that the linker discarded.
      if (addresses_[next_] < last_.address || last_.address == 0) continue;
      on_row_(next_, last_.file, static_cast<uint32_t>(last_.line));
    }
  } else {
    in_sequence_ = true;
    next_ = static_cast<size_t>(
        std::lower_bound(addresses_.begin(), addresses_.end(), row_.address) - addresses_.begin());
  }
  next_address_ = next_ < addresses_.size() ? addresses_[next_] : ~uint64_t{0};
}

}  // namespace pprof::symbolize
