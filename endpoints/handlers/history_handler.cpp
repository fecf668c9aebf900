#include "endpoints/handlers/history_handler.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "endpoints/answers/json.h"
#include "endpoints/handlers/query.h"
#include "profiler/monitoring/history.h"
#include "profiler/monitoring/process_facts.h"

namespace pprof::http {
namespace {

using monitoring::HistoryCopy;
using monitoring::HistoryRings;
using monitoring::HistoryRow;
using monitoring::MarkKind;

constexpr std::string_view kColumns[] = {
    "time", "resident_bytes", "in_use_bytes", "free_bytes", "cpu_seconds", "threads", "open_files"};
constexpr std::string_view kResolutionNames[HistoryRings::kResolutions] = {"1s", "10s", "5m"};

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

std::string NumberOr(std::string_view unknown, int64_t value) {
  return value == HistoryRow::kUnknown ? std::string(unknown) : std::to_string(value);
}

// The values of a row, separated by commas.
std::string ValuesOf(const HistoryRow& row, int64_t wall_minus_boot, std::string_view unknown) {
  std::string text = SecondsText(row.boot_nanos + wall_minus_boot);
  for (const int64_t bytes : {row.resident_bytes, row.in_use_bytes, row.free_bytes}) {
    text.append(",").append(NumberOr(unknown, bytes));
  }
  const bool has_cpu = row.cpu_nanos != HistoryRow::kUnknown;
  text.append(",").append(has_cpu ? SecondsText(row.cpu_nanos) : std::string(unknown));
  for (const int64_t count : {row.threads, row.open_files}) {
    text.append(",").append(NumberOr(unknown, count));
  }
  return text;
}

std::string_view NameOf(MarkKind kind) {
  switch (kind) {
    case MarkKind::kCapture:
      return "capture";
    case MarkKind::kRate:
      return "rate";
    case MarkKind::kRequest:
      return "request";
    case MarkKind::kStart:
      return "start";
    case MarkKind::kMark:
      break;
  }
  return "mark";
}

std::string HeadOf(const HistoryCopy& history) {
  const monitoring::ProcessFacts facts = monitoring::ReadProcessFacts();
  std::string json = "{\"now\":" + SecondsText(history.now_wall_nanos);
  json += ",\"pid\":" + std::to_string(facts.id) + ",\"started\":";
  const bool is_known = facts.start_boot_nanos != HistoryRow::kUnknown;
  json += is_known ? SecondsText(facts.start_boot_nanos + history.wall_minus_boot) : "null";
  json += ",\"program\":" + JsonString(facts.program) + ",\"limit\":";
  if (facts.limit.source.empty()) {
    json += "null";
  } else {
    json += "{\"bytes\":" + std::to_string(facts.limit.bytes) +
            ",\"source\":" + JsonString(facts.limit.source) + "}";
  }
  json += ",\"columns\":[";
  for (const std::string_view column : kColumns) {
    json.append(column == kColumns[0] ? "" : ",").append(JsonString(column));
  }
  return json + "],\"resolutions\":[";
}

void AppendRows(const HistoryCopy& history, size_t resolution, AnswerBody& body) {
  const auto seconds = HistoryRings::kResolution[resolution].step.count();
  body.Append("{\"seconds\":" + std::to_string(seconds) + ",\"rows\":[");
  std::string_view separator = "[";
  for (const HistoryRow& row : history.rows[resolution]) {
    body.Append(std::string(separator) + ValuesOf(row, history.wall_minus_boot, "null") + "]");
    separator = ",[";
  }
  body.Append("]}");
}

void AppendMarks(const HistoryCopy& history, AnswerBody& body) {
  std::string_view separator;
  for (const HistoryCopy::Mark& mark : history.marks) {
    body.Append(std::string(separator) + "{\"time\":" + SecondsText(mark.wall_nanos) +
                ",\"kind\":" + JsonString(NameOf(mark.kind)) +
                ",\"text\":" + JsonString(mark.text) + "}");
    separator = ",";
  }
}

void AppendJson(const HistoryCopy& history, const Wanted& wanted, AnswerBody& body) {
  body.Append(HeadOf(history));
  const size_t first = wanted.resolution.value_or(0);
  const size_t end = wanted.resolution ? first + 1 : HistoryRings::kResolutions;
  for (size_t i = first; i < end; ++i) {
    if (i > first) body.Append(",");
    AppendRows(history, i, body);
  }
  body.Append("],\"marks\":[");
  AppendMarks(history, body);
  body.Append("]}\n");
}

void AppendCsv(const HistoryCopy& history, const Wanted& wanted, AnswerBody& body) {
  for (const std::string_view column : kColumns) {
    body.Append(std::string(column == kColumns[0] ? "" : ",").append(column));
  }
  body.Append("\n");
  for (const HistoryRow& row : history.rows[wanted.resolution.value_or(0)]) {
    body.Append(ValuesOf(row, history.wall_minus_boot, "") + "\n");
  }
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
  const HistoryCopy history = monitoring::History::Instance().Read();
  answer.profile = std::make_unique<AnswerBody>(true);
  wanted.value().csv ? AppendCsv(history, wanted.value(), *answer.profile)
                     : AppendJson(history, wanted.value(), *answer.profile);
  answer.profile->Finish();
  return answer;
}

}  // namespace pprof::http
