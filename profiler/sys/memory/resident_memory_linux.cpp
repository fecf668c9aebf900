#include <sys/mman.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <string_view>

#include "profiler/sys/memory/resident_memory.h"

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

// "55d0-55e0 rw-p 00000000 00:00 0    [heap]": the words up to the inode, and the rest.
struct MapsWords {
  std::string_view range, permissions, offset, device, inode, path;
};

MapsWords WordsOf(std::string_view line) {
  MapsWords words;
  for (std::string_view* word :
       {&words.range, &words.permissions, &words.offset, &words.device, &words.inode}) {
    const size_t end = std::min(line.find(' '), line.size());
    *word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  words.path = line;
  return words;
}

bool ParseRange(std::string_view range, AnonymousArea* area) {
  const char* end = range.data() + range.size();
  const auto begin = std::from_chars(range.data(), end, area->begin, 16);
  if (begin.ec != std::errc() || begin.ptr == end || *begin.ptr != '-') return false;
  const auto limit = std::from_chars(begin.ptr + 1, end, area->end, 16);
  return limit.ec == std::errc() && limit.ptr == end && area->begin < area->end;
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

std::vector<AnonymousArea> ParseAnonymousAreas(std::istream& maps) {
  std::vector<AnonymousArea> areas;
  uintptr_t end_of_file = 0;
  for (std::string line; std::getline(maps, line);) {
    const MapsWords words = WordsOf(line);
    AnonymousArea area;
    if (!ParseRange(words.range, &area) || words.permissions.size() < 4) continue;
    const bool of_file = words.inode != "0";
    if (of_file) end_of_file = area.end;
    if (of_file || words.permissions[0] != 'r' || words.permissions[3] != 'p') continue;
    if (KindOf(words.path, area.begin == end_of_file, &area.kind)) areas.push_back(area);
  }
  return areas;
}

// "self" is the first thread, which has no mappings after its end.
std::vector<AnonymousArea> ListAnonymousAreas() {
  std::ifstream maps("/proc/thread-self/maps");
  return ParseAnonymousAreas(maps);
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
