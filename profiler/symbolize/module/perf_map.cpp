#include "profiler/symbolize/module/perf_map.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>

#include "profiler/sys/memory/own_file.h"
#include "profiler/sys/process/process.h"

namespace pprof::symbolize {
namespace {

constexpr uint64_t kMaxMapBytes = uint64_t{64} << 20;  // a million functions
constexpr size_t kMaxLineBytes = PerfMapScan::kMaxNameBytes + 64;

struct Entry {
  uint64_t start = 0;
  uint64_t size = 0;
  std::string_view name;
};

// Removes a hexadecimal number and the blanks after it from the front of `text`.
bool TakeHex(std::string_view* text, uint64_t* value) {
  if (text->substr(0, 2) == "0x") text->remove_prefix(2);
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), *value, 16);
  const auto used = static_cast<size_t>(end - text->data());
  if (error != std::errc() || used == text->size() || (*text)[used] != ' ') return false;
  text->remove_prefix(std::min(text->find_first_not_of(' ', used), text->size()));
  return true;
}

bool ParseLine(std::string_view line, Entry* entry) {
  if (!TakeHex(&line, &entry->start) || !TakeHex(&line, &entry->size)) return false;
  entry->name = line.substr(0, PerfMapScan::kMaxNameBytes);
  return !line.empty() && entry->size != 0;
}

bool OpenMap(sys::OwnFile* file) {
  for (const int32_t id : sys::ProcessIdsInNamespaces()) {
    if (file->Open("/tmp/perf-" + std::to_string(id) + ".map")) return true;
  }
  return false;
}

}  // namespace

void PerfMapScan::Read(std::string_view text) {
  while (!text.empty() && !budget_.Spent()) {
    const size_t end = text.find('\n');
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(std::min(piece.size() + 1, text.size()));
    if (begun_.empty() && end != std::string_view::npos) {
      ReadLine(piece);
      continue;
    }
    begun_.append(piece.substr(0, kMaxLineBytes - std::min(begun_.size(), kMaxLineBytes)));
    if (end == std::string_view::npos) return;
    ReadLine(begun_);
    begun_.clear();
  }
}

void PerfMapScan::ReadLine(std::string_view line) {
  Entry entry;
  if (!ParseLine(line, &entry)) return;
  auto at = std::lower_bound(addresses_.begin(), addresses_.end(), entry.start);
  if (at == addresses_.end() || *at - entry.start >= entry.size) return;
  const auto name = std::make_shared<const std::string>(entry.name);
  for (; at != addresses_.end() && *at - entry.start < entry.size; ++at) {
    if (budget_.Spent()) return;  // lines may claim all addresses repeatedly
    names_[static_cast<size_t>(at - addresses_.begin())] = name;
  }
}

void PerfMapScan::Finish(FrameSink& sink) {
  ReadLine(begun_);
  for (size_t i = 0; i < names_.size(); ++i) {
    if (names_[i] == nullptr) continue;
    const RawFrame frame{*names_[i], {}, 0, 0};
    sink.OnAddress(i, &frame, 1);
  }
}

void ResolvePerfMap(const std::vector<uint64_t>& addresses, TimeBudget& budget, FrameSink& sink) {
  sys::OwnFile file;
  if (!OpenMap(&file)) return;
  PerfMapScan scan(addresses, budget);
  std::vector<char> buffer(64 << 10);
  uint64_t at = file.size() > kMaxMapBytes ? file.size() - kMaxMapBytes : 0;
  // Bounded by size as well: the compiler may keep writing.
  for (const uint64_t end = at + kMaxMapBytes; at < end && !budget.SpentNow();) {
    const size_t got = file.Read(at, buffer.data(), buffer.size());
    if (got == 0) break;
    scan.Read({buffer.data(), got});
    at += got;
  }
  scan.Finish(sink);
}

}  // namespace pprof::symbolize
