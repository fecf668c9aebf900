#include "profiler/monitoring/history_rings.h"

#include <algorithm>

namespace pprof::monitoring {
namespace {

int64_t NanosOf(std::chrono::seconds time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
}

// Adds what `row` has to a row of several seconds.
void Merge(const HistoryRow& row, HistoryRow* sum) {
  if (row.resident_bytes >= sum->resident_bytes) {
    sum->resident_bytes = row.resident_bytes;
    sum->in_use_bytes = row.in_use_bytes;
    sum->free_bytes = row.free_bytes;
  }
  sum->threads = std::max(sum->threads, row.threads);
  sum->open_files = std::max(sum->open_files, row.open_files);
  sum->cpu_nanos = row.cpu_nanos;
  sum->boot_nanos = row.boot_nanos;
}

template <class Rows>
void AddTo(Rows* rows, const Resolution& resolution, const HistoryRow& row) {
  const int64_t step = NanosOf(resolution.step);
  const bool same = rows->size() > 0 && rows->newest().boot_nanos / step == row.boot_nanos / step;
  if (same) {
    Merge(row, &rows->newest());
  } else {
    rows->Push(row);
  }
}

template <class Values>
auto CopyOf(const Values& values, int64_t not_before) {
  std::vector<std::decay_t<decltype(values[0])>> copy;
  copy.reserve(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].boot_nanos >= not_before) copy.push_back(values[i]);
  }
  return copy;
}

std::string_view CutToFit(std::string_view text) {
  if (text.size() <= HistoryMark::kMostBytes) return text;
  size_t size = HistoryMark::kMostBytes;
  const auto continues = [&] { return (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80; };
  while (size > 0 && continues()) --size;
  return text.substr(0, size);
}

}  // namespace

void HistoryRings::Clear() {
  seconds_.Clear();
  tens_.Clear();
  minutes_.Clear();
  program_marks_.Clear();
  own_marks_.Clear();
}

void HistoryRings::Add(const HistoryRow& row) {
  if (seconds_.size() > 0 && row.boot_nanos < seconds_.newest().boot_nanos) Clear();
  seconds_.Push(row);
  AddTo(&tens_, kResolution[1], row);
  AddTo(&minutes_, kResolution[2], row);
}

void HistoryRings::AddMark(MarkKind kind, int64_t boot_nanos, std::string_view text) {
  HistoryMark mark{boot_nanos, kind, {}};
  CutToFit(text).copy(mark.text, sizeof mark.text);
  (kind == MarkKind::kMark ? program_marks_ : own_marks_).Push(mark);
}

std::vector<HistoryRow> HistoryRings::Rows(size_t i, int64_t now_boot_nanos) const {
  const Resolution& resolution = kResolution[i];
  const int64_t span = NanosOf(resolution.step) * static_cast<int64_t>(resolution.rows);
  const int64_t first = now_boot_nanos - span;
  return i == 0 ? CopyOf(seconds_, first) : i == 1 ? CopyOf(tens_, first) : CopyOf(minutes_, first);
}

std::vector<HistoryMark> HistoryRings::Marks() const {
  std::vector<HistoryMark> marks = CopyOf(program_marks_, 0);
  const std::vector<HistoryMark> own = CopyOf(own_marks_, 0);
  marks.insert(marks.end(), own.begin(), own.end());
  std::stable_sort(marks.begin(), marks.end(), [](const HistoryMark& a, const HistoryMark& b) {
    return a.boot_nanos < b.boot_nanos;
  });
  return marks;
}

}  // namespace pprof::monitoring
