#include "profiler/symbolize/dwarf/format/abbrev_section.h"

#include <algorithm>

namespace pprof::symbolize {
namespace {

constexpr uint64_t kFirstWindow = 64 << 10;  // most tables have 5 to 30 KB
constexpr uint64_t kLastWindow = 4 << 20;

}  // namespace

bool AbbrevSection::ParseInto(AbbrevTable& table, uint64_t offset, const Encoding& encoding) {
  if (table.Holds(this, offset, encoding)) return true;
  went_back_ |= offset < last_;
  last_ = offset;
  if (offset >= stream_.size()) return table.Parse({}, this, offset, encoding);
  if (stream_.compressed() && went_back_) {
    stream_.Close();
    return table.Parse(all_.Get().From(offset), this, offset, encoding);
  }
  const uint64_t left = stream_.size() - offset;
  for (uint64_t window = kFirstWindow;; window *= 4) {
    const uint64_t size = std::min(window, left);
    if (table.Parse(stream_.Window(offset, size), this, offset, encoding)) return true;
    if (size == left || window >= kLastWindow) return false;
  }
}

}  // namespace pprof::symbolize
