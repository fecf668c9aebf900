#include "endpoints/handlers/history_handler.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "endpoints/handlers/query.h"
#include "profiler/monitoring/history.h"
#include "profiler/monitoring/history_text.h"

namespace pprof::http {
namespace {

using monitoring::kResolutionNames;

// The query: a form, and all resolutions or one.
struct Wanted {
  bool csv = false;
  std::optional<size_t> resolution;
};

Status Invalid(std::string text) { return {StatusCode::kInvalidArgument, std::move(text)}; }

Result<Wanted> ReadWanted(const Query& query) {
  Wanted wanted;
  const std::string* format = query.Find("format");
  wanted.csv = format != nullptr && *format == "csv";
  if (format != nullptr && !wanted.csv && *format != "json") {
    return Invalid("invalid value for \"format\" - must be json or csv");
  }
  const std::string* name = query.Find("resolution");
  if (name != nullptr) {
    const auto* const found =
        std::find(std::begin(kResolutionNames), std::end(kResolutionNames), *name);
    if (found == std::end(kResolutionNames)) {
      return Invalid("invalid value for \"resolution\" - must be 1s, 10s or 5m");
    }
    wanted.resolution = static_cast<size_t>(found - kResolutionNames);
  }
  return wanted;
}

}  // namespace

// Kept deflated while it waits for its client: 190 KiB of JSON take a quarter.
Answer ServeHistory(const Request& request) {
  auto query = Query::Parse(request.query);
  if (!query.ok()) return ErrorAnswer(query.status());
  const Result<Wanted> wanted = ReadWanted(query.value());
  if (!wanted.ok()) return ErrorAnswer(wanted.status());
  Answer answer;
  answer.headers.emplace("Content-Type",
                         wanted.value().csv ? "text/csv; charset=utf-8" : "application/json");
  if (request.method == "HEAD") return answer;
  const monitoring::HistoryCopy history = monitoring::History::Instance().Read();
  answer.profile = std::make_unique<AnswerBody>(true);
  const auto append = [&answer](std::string_view text) { answer.profile->Append(text); };
  wanted.value().csv
      ? monitoring::WriteHistoryCsv(history, wanted.value().resolution.value_or(0), append)
      : monitoring::WriteHistoryJson(history, wanted.value().resolution, append);
  answer.profile->Finish();
  return answer;
}

}  // namespace pprof::http
