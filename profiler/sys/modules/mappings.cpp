#include "profiler/sys/modules/mappings.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "profiler/sys/modules/loader_call.h"

namespace pprof::sys {
namespace {

// vm.max_map_count is 65,530 by default and a line is about 100 bytes: 7 MB is the usual end.
constexpr size_t kMaxMapsBytes = size_t{32} << 20;
// Longer ids than any linker makes (SHA-1: 20) are taken for damage.
constexpr size_t kMaxBuildIdBytes = 64;

std::string ReadMaps() {
  const int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::string text;
  char buffer[16384];
  while (text.size() < kMaxMapsBytes) {
    const ssize_t got = read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer, static_cast<size_t>(got));
  }
  close(fd);
  return text;
}

// Takes the word up to `end` from the front of `line`; false when `end` does not follow.
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

// Files, memfds and the vdso have a name worth showing; "[heap]", "[stack]", "[vsyscall]" and
// anonymous memory do not.
bool HasModule(std::string_view path) {
  if (path.empty()) return false;
  return path == "[vdso]" || (path[0] == '/' && path.substr(0, 6) != "//anon");
}

// "55d0-55e0 r-xp 00001000 08:01 1234    /usr/bin/cat (deleted)"
bool ParseLine(std::string_view line, ExecutableMapping& mapping) {
  std::string_view start;
  std::string_view limit;
  std::string_view permissions;
  std::string_view offset;
  std::string_view device;
  std::string_view inode;
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

std::string Hex(const unsigned char* bytes, size_t size) {
  std::string hex;
  for (size_t i = 0; i < size; ++i) {
    hex += "0123456789abcdef"[bytes[i] >> 4];
    hex += "0123456789abcdef"[bytes[i] & 15];
  }
  return hex;
}

// One PT_LOAD segment with code, as the loader knows it.
struct Segment {
  uint64_t start = 0;
  uint64_t limit = 0;
  size_t module = 0;  // index in LoadedModules::build_ids; 0 is the main executable
};

struct LoadedModules {
  std::vector<Segment> segments;
  std::vector<std::string> build_ids;
};

// True when the segment lies in memory that the loader has mapped: only then may it be read.
bool IsLoaded(const dl_phdr_info& info, const ElfW(Phdr) & wanted) {
  for (size_t i = 0; i < info.dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = info.dlpi_phdr[i];
    if (header.p_type != PT_LOAD || wanted.p_vaddr < header.p_vaddr) continue;
    const uint64_t skipped = wanted.p_vaddr - header.p_vaddr;
    if (skipped <= header.p_filesz && wanted.p_memsz <= header.p_filesz - skipped) return true;
  }
  return false;
}

int AddModule(dl_phdr_info* info, size_t, void* data) {
  auto& modules = *static_cast<LoadedModules*>(data);
  std::string build_id;
  for (size_t i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = info->dlpi_phdr[i];
    const uint64_t start = info->dlpi_addr + header.p_vaddr;
    if (header.p_type == PT_LOAD && (header.p_flags & PF_X) != 0) {
      modules.segments.push_back({start, start + header.p_memsz, modules.build_ids.size()});
    } else if (header.p_type == PT_NOTE && build_id.empty() && IsLoaded(*info, header)) {
      build_id = BuildIdOfNotes(reinterpret_cast<const unsigned char*>(start), header.p_memsz,
                                header.p_align);
    }
  }
  modules.build_ids.push_back(std::move(build_id));
  return 0;
}

LoadedModules ListModules() {
  LoadedModules modules;
  const LoaderCall call;
  dl_iterate_phdr(&AddModule, &modules);
  std::sort(modules.segments.begin(), modules.segments.end(),
            [](const Segment& a, const Segment& b) { return a.start < b.start; });
  return modules;
}

// The segment that shares an address with the mapping: a mapping is a segment rounded to pages.
const Segment* SegmentIn(const LoadedModules& modules, const ExecutableMapping& mapping) {
  const auto after =
      std::lower_bound(modules.segments.begin(), modules.segments.end(), mapping.limit,
                       [](const Segment& a, uint64_t limit) { return a.start < limit; });
  if (after == modules.segments.begin()) return nullptr;
  const Segment& before = *(after - 1);
  return before.limit > mapping.start ? &before : nullptr;
}

}  // namespace

std::vector<ExecutableMapping> ParseMaps(std::string_view maps) {
  std::vector<ExecutableMapping> mappings;
  while (!maps.empty()) {
    const size_t end = std::min(maps.find('\n'), maps.size());
    ExecutableMapping mapping;
    if (ParseLine(maps.substr(0, end), mapping)) mappings.push_back(std::move(mapping));
    maps.remove_prefix(std::min(end + 1, maps.size()));
  }
  return mappings;
}

// elf.h, Elf64_Nhdr: name size, description size, type; name and description are padded to 4 bytes,
// in segments aligned to 8 the description begins and ends at multiples of 8.
std::string BuildIdOfNotes(const unsigned char* notes, size_t size, size_t align) {
  const size_t step = align == 8 ? 8 : 4;
  const auto padded = [step](size_t n) { return (n + step - 1) / step * step; };
  size_t at = 0;
  while (at < size && size - at >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) header;
    std::memcpy(&header, notes + at, sizeof header);
    const size_t description = at + padded(sizeof header + header.n_namesz);
    if (description > size || header.n_descsz > size - description) return {};
    if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 &&
        std::memcmp(notes + at + sizeof header, "GNU", 4) == 0) {
      if (header.n_descsz > kMaxBuildIdBytes) return {};
      return Hex(notes + description, header.n_descsz);
    }
    at = description + padded(header.n_descsz);
  }
  return {};
}

std::vector<ExecutableMapping> ExecutableMappings() {
  std::vector<ExecutableMapping> mappings = ParseMaps(ReadMaps());
  const LoadedModules modules = ListModules();
  for (ExecutableMapping& mapping : mappings) {
    const Segment* segment = SegmentIn(modules, mapping);
    if (segment == nullptr) continue;
    mapping.build_id = modules.build_ids[segment->module];
    mapping.main_executable = segment->module == 0;
  }
  std::stable_partition(mappings.begin(), mappings.end(),
                        [](const ExecutableMapping& mapping) { return mapping.main_executable; });
  return mappings;
}

}  // namespace pprof::sys
