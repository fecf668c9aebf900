// The history as text: the answer of /debug/pprof/history, and a file of each capture.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

#include "profiler/monitoring/history.h"

namespace pprof::monitoring {

// The names of the resolutions in requests.
inline constexpr std::string_view kResolutionNames[HistoryRings::kResolutions] = {"1s", "10s",
                                                                                  "5m"};

using TextSink = std::function<void(std::string_view)>;

// JSON with one resolution, or with all. Thread safety: safe. Not async-signal-safe: allocates.
void WriteHistoryJson(const HistoryCopy& history, std::optional<size_t> resolution,
                      const TextSink& write);

// CSV of one resolution, without the marks. Thread safety: safe. Not async-signal-safe: allocates.
void WriteHistoryCsv(const HistoryCopy& history, size_t resolution, const TextSink& write);

}  // namespace pprof::monitoring
