#include "profiler/symbolize/perf_map.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>

#include "profiler/sys/mapped_file.h"

namespace pprof::symbolize {
namespace {

constexpr size_t kMaxNameBytes = 4096;

struct Entry {
  uint64_t start = 0;
  uint64_t size = 0;
  std::string_view name;
};

// Reads a hexadecimal number and the blanks behind it off the front of `text`.
bool TakeHex(std::string_view* text, uint64_t* value) {
  if (text->substr(0, 2) == "0x") text->remove_prefix(2);
  const auto [end, error] =
      std::from_chars(text->data(), text->data() + text->size(), *value, 16);
  const size_t used = static_cast<size_t>(end - text->data());
  if (error != std::errc() || used == text->size() || (*text)[used] != ' ') return false;
  text->remove_prefix(std::min(text->find_first_not_of(' ', used), text->size()));
  return true;
}

bool ParseLine(std::string_view line, Entry* entry) {
  if (!TakeHex(&line, &entry->start) || !TakeHex(&line, &entry->size)) return false;
  entry->name = line.substr(0, kMaxNameBytes);
  return !line.empty() && entry->size != 0;
}

}  // namespace

void ResolvePerfMapText(std::string_view map, const std::vector<uint64_t>& addresses,
                        FrameSink& sink) {
  std::vector<std::string_view> names(addresses.size());
  while (!map.empty()) {
    const std::string_view line = map.substr(0, map.find('\n'));
    map.remove_prefix(std::min(line.size() + 1, map.size()));
    Entry entry;
    if (!ParseLine(line, &entry)) continue;
    auto at = std::lower_bound(addresses.begin(), addresses.end(), entry.start);
    for (; at != addresses.end() && *at - entry.start < entry.size; ++at) {
      names[static_cast<size_t>(at - addresses.begin())] = entry.name;
    }
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) continue;
    const RawFrame frame{names[i], {}, 0, 0};
    sink.OnAddress(i, &frame, 1);
  }
}

void ResolvePerfMap(const std::vector<uint64_t>& addresses, FrameSink& sink) {
  std::error_code error;
  const std::filesystem::path pid = std::filesystem::read_symlink("/proc/self", error);
  sys::MappedFile file;
  if (error || !file.OpenOwn("/tmp/perf-" + pid.string() + ".map")) return;
  ResolvePerfMapText({reinterpret_cast<const char*>(file.data()), file.size()}, addresses, sink);
}

}  // namespace pprof::symbolize
