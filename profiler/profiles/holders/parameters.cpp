#include "profiler/profiles/holders/parameters.h"

#include <charconv>
#include <string>
#include <string_view>

#include "profiler/profiles/heap/heap_values.h"

namespace pprof::profiles::holders {
namespace {

constexpr uint64_t kNanosPerSecond = 1000000000;
constexpr uint64_t kDefaultBudget = 10;  // s
constexpr uint64_t kMostBudget = 60;

Status Invalid(std::string_view name, const std::string& text, std::string_view wanted) {
  return {StatusCode::kInvalidArgument, "invalid value \"" + text + "\" for \"" +
                                            std::string(name) + "\" - must be " +
                                            std::string(wanted)};
}

bool ParseSeconds(const std::string& text, uint64_t* seconds) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *seconds);
  return error == std::errc() && stop == end && *seconds >= 1 && *seconds <= kMostBudget;
}

}  // namespace

Result<HolderParameters> ReadParameters(const SnapshotBuilder& builder, uint64_t default_age_ms) {
  HolderParameters parameters;
  uint64_t seconds = kDefaultBudget;
  const std::string* budget = builder.parameter("budget");
  if (budget != nullptr && !ParseSeconds(*budget, &seconds)) {
    return Invalid("budget", *budget, "a number of seconds of CPU time from 1 to 60");
  }
  parameters.cpu_nanos = seconds * kNanosPerSecond;
  const std::string* view = builder.parameter("view");
  if (view != nullptr && *view != "paths" && *view != "labels") {
    return Invalid("view", *view, "paths or labels");
  }
  parameters.with_frames = view == nullptr || *view == "paths";
  parameters.min_age_ms = default_age_ms;
  if (const std::string* age = builder.parameter("min_age")) {
    const Result<uint64_t> millis = MinAgeMillis(*age);
    if (!millis.ok()) return millis.status();
    parameters.min_age_ms = millis.value();
  }
  return parameters;
}

}  // namespace pprof::profiles::holders
