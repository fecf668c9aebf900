// Numbers of the fields of a profile: github.com/google/pprof/proto/profile.proto, one enum for
// each message.
#pragma once

#include <cstdint>

namespace pprof::model::profile_proto {

enum Profile : uint32_t {
  kSampleType = 1,
  kSample = 2,
  kMapping = 3,
  kLocation = 4,
  kFunction = 5,
  kStringTable = 6,
  kTimeNanos = 9,
  kDurationNanos = 10,
  kPeriodType = 11,
  kPeriod = 12,
  kComment = 13,
  kDefaultSampleType = 14,
};
namespace value_type {
enum : uint32_t { kType = 1, kUnit = 2 };
}
namespace sample {
enum : uint32_t { kLocationId = 1, kValue = 2, kLabel = 3 };
}
namespace label {
enum : uint32_t { kKey = 1, kStr = 2, kNum = 3, kNumUnit = 4 };
}
namespace mapping {
enum : uint32_t {
  kId = 1,
  kMemoryStart = 2,
  kMemoryLimit = 3,
  kFileOffset = 4,
  kFilename = 5,
  kBuildId = 6,
  kHasFunctions = 7,
  kHasFilenames = 8,
  kHasLineNumbers = 9,
  kHasInlineFrames = 10,
};
}  // namespace mapping
namespace location {
enum : uint32_t { kId = 1, kMappingId = 2, kAddress = 3, kLine = 4 };
}
namespace line {
enum : uint32_t { kFunctionId = 1, kLine = 2 };
}
namespace function {
enum : uint32_t { kId = 1, kName = 2, kSystemName = 3, kFilename = 4, kStartLine = 5 };
}  // namespace function

}  // namespace pprof::model::profile_proto
