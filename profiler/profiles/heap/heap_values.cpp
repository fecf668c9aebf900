#include "profiler/profiles/heap/heap_values.h"

#include <fmt/format.h>

#include "profiler/sys/process/setting_text.h"

namespace pprof::profiles {

using Delta = ValueType::Delta;

std::vector<ValueType> HeapValues() {
  return {{"alloc_objects", "count", Delta::kDifference},
          {"alloc_space", "bytes", Delta::kDifference},
          {"inuse_objects", "count", Delta::kAtEnd},
          {"inuse_space", "bytes", Delta::kAtEnd}};
}

std::vector<ValueType> InUseValues() {
  const std::vector<ValueType> all = HeapValues();
  return {all.begin() + 2, all.end()};
}

Result<uint64_t> MinAgeMillis(const std::string& min_age) {
  constexpr uint64_t kNanosPerMilli = 1000000;
  uint64_t nanos = 0;
  if (sys::ParseDuration(min_age, &nanos)) return nanos / kNanosPerMilli;
  return Status(StatusCode::kInvalidArgument,
                fmt::format("invalid value \"{}\" for \"min_age\" - must be a duration with its "
                            "unit, such as 10m, 90s or 1h30m",
                            min_age));
}

}  // namespace pprof::profiles
