#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "profiler/sys/memory/maps_file.h"

namespace pprof::sys {
namespace {

// vm.max_map_count is 65,530 by default and a line is about 100 bytes: 7 MB is the usual end.
constexpr size_t kMaxMapsBytes = size_t{32} << 20;

// Takes the word before `end` from the front of `line`; false without `end`.
bool TakeWord(std::string_view& line, char end, std::string_view& word) {
  const size_t at = line.find(end);
  if (at == std::string_view::npos) return false;
  word = line.substr(0, at);
  line.remove_prefix(at + 1);
  return true;
}

bool ParseHex(std::string_view word, uint64_t& value) {
  const char* end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, value, 16);
  return error == std::errc() && stop == end;
}

// Files, memfds and the vdso are modules; "[heap]", "[stack]", "[vsyscall]" and anonymous memory
// are not.
bool HasModule(std::string_view path) {
  if (path.empty()) return false;
  return path == "[vdso]" || (path[0] == '/' && path.substr(0, 6) != "//anon");
}

bool ParseLine(std::string_view line, MapsLine& mapping) {
  MapsWords words;
  if (!SplitMapsLine(line, &words)) return false;
  if (words.permissions.size() < 3 || words.permissions[2] != 'x') return false;
  mapping.start = words.start;
  mapping.limit = words.limit;
  mapping.offset = words.offset;
  constexpr std::string_view kDeleted = " (deleted)";
  std::string_view path = words.path;
  if (path.size() > kDeleted.size() && path.substr(path.size() - kDeleted.size()) == kDeleted) {
    path.remove_suffix(kDeleted.size());
    mapping.deleted = true;
  }
  mapping.path = std::string(path);
  return HasModule(path);
}

int OpenMaps() {
  // "self" is the first thread, which has no mappings after its end. "thread-self" needs
  // Linux 3.17.
  const int fd = open("/proc/thread-self/maps", O_RDONLY | O_CLOEXEC);
  return fd >= 0 || errno != ENOENT ? fd : open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
}

}  // namespace

bool SplitMapsLine(std::string_view line, MapsWords* words) {
  std::string_view start;
  std::string_view limit;
  std::string_view offset;
  std::string_view device;
  if (!TakeWord(line, '-', start) || !TakeWord(line, ' ', limit)) return false;
  if (!TakeWord(line, ' ', words->permissions) || !TakeWord(line, ' ', offset)) return false;
  if (!TakeWord(line, ' ', device)) return false;
  if (!ParseHex(start, words->start) || !ParseHex(limit, words->limit)) return false;
  if (!ParseHex(offset, words->offset) || words->start >= words->limit) return false;
  const size_t end = std::min(line.find(' '), line.size());
  words->inode = line.substr(0, end);
  line.remove_prefix(end);
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  words->path = line;
  return true;
}

bool TakeMapsLine(std::string_view* maps, std::string_view* line) {
  if (maps->empty()) return false;
  const size_t end = std::min(maps->find('\n'), maps->size());
  *line = maps->substr(0, end);
  maps->remove_prefix(std::min(end + 1, maps->size()));
  return true;
}

std::vector<MapsLine> ParseMaps(std::string_view maps) {
  std::vector<MapsLine> lines;
  for (std::string_view text; TakeMapsLine(&maps, &text);) {
    MapsLine line;
    if (ParseLine(text, line)) lines.push_back(std::move(line));
  }
  return lines;
}

std::string ReadMaps(int* error) {
  *error = 0;
  std::string text;
  const int fd = OpenMaps();
  if (fd < 0) {
    *error = errno;
    return text;
  }
  char buffer[16384];
  while (text.size() < kMaxMapsBytes) {
    const ssize_t got = read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) *error = errno;
    if (got <= 0) break;
    text.append(buffer, static_cast<size_t>(got));
  }
  close(fd);
  return text;
}

}  // namespace pprof::sys
