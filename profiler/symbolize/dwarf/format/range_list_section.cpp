#include "profiler/symbolize/dwarf/format/range_list_section.h"

#include "profiler/symbolize/dwarf/format/unit.h"

namespace pprof::symbolize {

sys::Bytes RangeListSection::From(uint64_t offset) {
  UnitExtent extent;  // a contribution starts with a length in the same format as a unit
  if (offset < begin_) begin_ = end_ = 0;
  while (offset >= end_) {
    if (!ReadUnitExtent(stream_, end_, &extent)) return {};
    begin_ = extent.offset;
    end_ = extent.end;
  }
  stream_.DropBefore(begin_);
  return stream_.Window(begin_, end_ - begin_).From(offset - begin_);
}

}  // namespace pprof::symbolize
