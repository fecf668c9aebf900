#include "profiler/monitoring/history_text.h"

#include <string>

#include "profiler/monitoring/json.h"
#include "profiler/monitoring/process_facts.h"

namespace pprof::monitoring {
namespace {

constexpr std::string_view kColumns[] = {
    "time", "resident_bytes", "in_use_bytes", "free_bytes", "cpu_seconds", "threads", "open_files"};

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
  const ProcessFacts facts = ReadProcessFacts();
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

void WriteRows(const HistoryCopy& history, size_t resolution, const TextSink& write) {
  const auto seconds = HistoryRings::kResolution[resolution].step.count();
  write("{\"seconds\":" + std::to_string(seconds) + ",\"rows\":[");
  std::string_view separator = "[";
  for (const HistoryRow& row : history.rows[resolution]) {
    write(std::string(separator) + ValuesOf(row, history.wall_minus_boot, "null") + "]");
    separator = ",[";
  }
  write("]}");
}

void WriteMarks(const HistoryCopy& history, const TextSink& write) {
  std::string_view separator;
  for (const HistoryCopy::Mark& mark : history.marks) {
    write(std::string(separator) + "{\"time\":" + SecondsText(mark.wall_nanos) + ",\"kind\":" +
          JsonString(NameOf(mark.kind)) + ",\"text\":" + JsonString(mark.text) + "}");
    separator = ",";
  }
}

}  // namespace

void WriteHistoryJson(const HistoryCopy& history, std::optional<size_t> resolution,
                      const TextSink& write) {
  write(HeadOf(history));
  const size_t first = resolution.value_or(0);
  const size_t end = resolution ? first + 1 : HistoryRings::kResolutions;
  for (size_t i = first; i < end; ++i) {
    if (i > first) write(",");
    WriteRows(history, i, write);
  }
  write("],\"marks\":[");
  WriteMarks(history, write);
  write("]}\n");
}

void WriteHistoryCsv(const HistoryCopy& history, size_t resolution, const TextSink& write) {
  for (const std::string_view column : kColumns) {
    write(std::string(column == kColumns[0] ? "" : ",").append(column));
  }
  write("\n");
  for (const HistoryRow& row : history.rows[resolution]) {
    write(ValuesOf(row, history.wall_minus_boot, "") + "\n");
  }
}

}  // namespace pprof::monitoring
