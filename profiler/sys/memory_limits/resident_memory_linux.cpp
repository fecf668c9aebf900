#include <sys/mman.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <string_view>

#include "profiler/sys/memory/maps_file.h"
#include "profiler/sys/memory_limits/resident_memory.h"

namespace pprof::sys {
namespace {

constexpr uintptr_t kPage = 4096;

// "RssAnon:      1234 kB"
bool ReadField(std::string_view line, std::string_view name, uint64_t* bytes) {
  if (line.substr(0, name.size()) != name) return false;
  line.remove_prefix(std::min(line.find_first_of("0123456789"), line.size()));
  uint64_t kilobytes = 0;
  const auto parsed = std::from_chars(line.data(), line.data() + line.size(), kilobytes);
  *bytes = kilobytes * 1024;
  return parsed.ec == std::errc();
}

// False: not anonymous. The kernel's name of a mapping made with PR_SET_VMA is "[anon:name]".
bool KindOf(std::string_view path, bool behind_file, AnonymousArea::Kind* kind) {
  if (path == "[heap]") {
    *kind = AnonymousArea::Kind::kBreak;
  } else if (path == "[stack]") {
    *kind = AnonymousArea::Kind::kMainStack;
  } else if (path.empty() || path.substr(0, 6) == "[anon:") {
    *kind = behind_file ? AnonymousArea::Kind::kModuleData : AnonymousArea::Kind::kMapped;
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool ParseResidentTotals(std::istream& status, ResidentTotals* totals) {
  int found = 0;
  for (std::string line; found < 3 && std::getline(status, line);) {
    if (ReadField(line, "RssAnon:", &totals->anonymous) ||
        ReadField(line, "RssFile:", &totals->files) ||
        ReadField(line, "RssShmem:", &totals->shared)) {
      ++found;
    }
  }
  return found == 3;
}

bool ReadResidentTotals(ResidentTotals* totals) {
  std::ifstream status("/proc/self/status");
  return ParseResidentTotals(status, totals);
}

std::vector<AnonymousArea> ParseAnonymousAreas(std::string_view maps) {
  std::vector<AnonymousArea> areas;
  uintptr_t end_of_file = 0;
  for (std::string_view line; TakeMapsLine(&maps, &line);) {
    MapsWords words;
    if (!SplitMapsLine(line, &words) || words.permissions.size() < 4) continue;
    AnonymousArea area{words.start, words.limit, AnonymousArea::Kind::kMapped};
    const bool of_file = words.inode != "0";
    if (of_file) end_of_file = area.end;
    if (of_file || words.permissions[0] != 'r' || words.permissions[3] != 'p') continue;
    if (KindOf(words.path, area.begin == end_of_file, &area.kind)) areas.push_back(area);
  }
  return areas;
}

std::vector<AnonymousArea> ListAnonymousAreas() {
  int error = 0;
  return ParseAnonymousAreas(ReadMaps(&error));
}

bool AddResidentBytes(uintptr_t begin, uintptr_t end, uint64_t* bytes) {
  constexpr size_t kPagesAtOnce = 8192;
  unsigned char resident[kPagesAtOnce];
  for (uintptr_t at = (begin + kPage - 1) / kPage * kPage; at + kPage <= end;) {
    const size_t pages = std::min<size_t>((end - at) / kPage, kPagesAtOnce);
    if (mincore(reinterpret_cast<void*>(at), pages * kPage, resident) != 0) return false;
    for (size_t i = 0; i < pages; ++i) *bytes += (resident[i] & 1) * kPage;
    at += pages * kPage;
  }
  return true;
}

}  // namespace pprof::sys
