#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "profiler/sys/modules/maps_file.h"

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

// "55d0-55e0 r-xp 00001000 08:01 1234    /usr/bin/cat (deleted)"
bool ParseLine(std::string_view line, MapsLine& mapping) {
  std::string_view start, limit, permissions, offset, device, inode;
  if (!TakeWord(line, '-', start) || !TakeWord(line, ' ', limit)) return false;
  if (!TakeWord(line, ' ', permissions) || !TakeWord(line, ' ', offset)) return false;
  if (!TakeWord(line, ' ', device) || !TakeWord(line, ' ', inode)) return false;
  if (permissions.size() < 3 || permissions[2] != 'x') return false;
  if (!ParseHex(start, mapping.start) || !ParseHex(limit, mapping.limit)) return false;
  if (!ParseHex(offset, mapping.offset) || mapping.start >= mapping.limit) return false;
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  constexpr std::string_view kDeleted = " (deleted)";
  if (line.size() > kDeleted.size() && line.substr(line.size() - kDeleted.size()) == kDeleted) {
    line.remove_suffix(kDeleted.size());
    mapping.deleted = true;
  }
  mapping.path = std::string(line);
  return HasModule(line);
}

int OpenMaps() {
  // "self" is the first thread, which has no mappings after its end. "thread-self" needs
  // Linux 3.17.
  const int fd = open("/proc/thread-self/maps", O_RDONLY | O_CLOEXEC);
  return fd >= 0 || errno != ENOENT ? fd : open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
}

}  // namespace

std::vector<MapsLine> ParseMaps(std::string_view maps) {
  std::vector<MapsLine> lines;
  while (!maps.empty()) {
    const size_t end = std::min(maps.find('\n'), maps.size());
    MapsLine line;
    if (ParseLine(maps.substr(0, end), line)) lines.push_back(std::move(line));
    maps.remove_prefix(std::min(end + 1, maps.size()));
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
