#include "profiler/profiles/holders/roots/ranges.h"

#include <algorithm>

namespace pprof::profiles::holders {

void Normalize(Ranges* ranges) {
  std::sort(ranges->begin(), ranges->end(),
            [](const AddressRange& a, const AddressRange& b) { return a.begin < b.begin; });
  size_t kept = 0;
  for (const AddressRange& range : *ranges) {
    if (range.begin >= range.end) continue;
    if (kept > 0 && range.begin <= (*ranges)[kept - 1].end) {
      (*ranges)[kept - 1].end = std::max((*ranges)[kept - 1].end, range.end);
    } else {
      (*ranges)[kept++] = range;
    }
  }
  ranges->resize(kept);
}

Ranges Without(const AddressRange& range, const Ranges& holes) {
  Ranges parts;
  uint64_t at = range.begin;
  auto hole = std::upper_bound(holes.begin(), holes.end(), range.begin,
                               [](uint64_t begin, const AddressRange& a) { return begin < a.end; });
  for (; hole != holes.end() && hole->begin < range.end; ++hole) {
    if (at < hole->begin) parts.push_back({at, hole->begin});
    at = std::max(at, hole->end);
  }
  if (at < range.end) parts.push_back({at, range.end});
  return parts;
}

}  // namespace pprof::profiles::holders
