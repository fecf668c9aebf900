#include "profiler/monitoring/history.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "pprof/mark.h"
#include "profiler/encode/text_quote.h"
#include "profiler/profiles/heap/allocator_stats.h"
#include "profiler/sys/memory/pages.h"
#include "profiler/sys/memory/sandbox.h"
#include "profiler/sys/process/per_process.h"
#include "profiler/sys/time/clock.h"

namespace pprof::monitoring {
namespace {

constexpr int64_t kSecond = 1000000000;

sys::PerProcess<History> history_of_process;

int64_t Now() { return static_cast<int64_t>(sys::BootNanos()); }

HistoryRow RowOf(const sys::ProcessUsage& usage, bool of_tcmalloc) {
  HistoryRow row{};
  row.resident_bytes = usage.resident_bytes;
  row.cpu_nanos = usage.cpu_nanos;
  row.threads = static_cast<int32_t>(usage.threads);
  row.open_files = static_cast<int32_t>(usage.open_files);
  row.in_use_bytes = HistoryRow::kUnknown;
  row.free_bytes = HistoryRow::kUnknown;
  if (of_tcmalloc) {
    const profiles::AllocatorUse use = profiles::ReadLiveAndFree();
    row.in_use_bytes = static_cast<int64_t>(use.live_bytes);
    row.free_bytes = static_cast<int64_t>(use.free_bytes);
  }
  return row;
}

}  // namespace

History& History::Instance() { return history_of_process.Get(); }

History* History::IfMade() { return history_of_process.IfMade(); }

void History::MarkIfMade(MarkKind kind, std::string_view text) {
  History* const history = IfMade();
  if (history != nullptr) history->Mark(kind, text);
}

// Zeroed pages are an empty history.
History::History() : rings_(static_cast<HistoryRings*>(sys::MapPages(sizeof(HistoryRings)))) {}

History::~History() {
  if (rings_ != nullptr) sys::UnmapPages(rings_, sizeof(HistoryRings));
}

void History::Prepare() {
  of_tcmalloc_.store(profiles::TcmallocServes(), std::memory_order_relaxed);
}

int64_t History::TakeIfDue(sys::ProcessUsageReader* reader) {
  const int64_t now = Now();
  int64_t due = due_.load(std::memory_order_relaxed);
  // A clock that went back is not waited for.
  if (now < due && due - now <= kSecond) return due - now;
  const bool in_step = now >= due && now - due < kSecond;
  const int64_t next = (in_step ? due : now) + kSecond;
  // Otherwise another server's thread takes this one.
  if (!due_.compare_exchange_strong(due, next, std::memory_order_relaxed)) return kSecond;
  if (rings_ == nullptr || sys::InSandbox()) return next - now;
  HistoryRow row = RowOf(reader->Read(), of_tcmalloc_.load(std::memory_order_relaxed));
  const sys::MutexLock lock(mutex_);
  row.boot_nanos = Now();  // under the lock: in the order of the rows
  rings_->Add(row);
  return next - now;
}

void History::Mark(MarkKind kind, std::string_view text) {
  if (rings_ == nullptr) return;
  const sys::MutexLock lock(mutex_);
  rings_->AddMark(kind, Now(), text);
}

HistoryCopy History::Read() const {
  HistoryCopy copy;
  const int64_t now = Now();
  copy.now_wall_nanos = sys::WallNanos();
  copy.wall_minus_boot = copy.now_wall_nanos - now;
  if (rings_ == nullptr) return copy;
  std::vector<HistoryMark> marks;
  {
    const sys::MutexLock lock(mutex_);
    for (size_t i = 0; i < HistoryRings::kResolutions; ++i) copy.rows[i] = rings_->Rows(i, now);
    marks = rings_->Marks();
  }
  for (const HistoryMark& mark : marks) {
    const std::string_view text(mark.text, strnlen(mark.text, sizeof mark.text));
    copy.marks.push_back(
        {mark.boot_nanos + copy.wall_minus_boot, mark.kind, encode::OneLine(text)});
  }
  return copy;
}

}  // namespace pprof::monitoring

namespace pprof {

void Mark(std::string_view text) noexcept try {
  monitoring::History::Instance().Mark(monitoring::MarkKind::kMark, text);
} catch (const std::bad_alloc&) {
  // As documented: without memory nothing is kept.
}

}  // namespace pprof
