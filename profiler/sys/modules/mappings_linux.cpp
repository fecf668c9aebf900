#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <system_error>

#include "profiler/sys/memory/maps_file.h"
#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/modules/loaded_code.h"
#include "profiler/sys/modules/mappings.h"

namespace pprof::sys {
namespace {

// No linker makes more program headers or larger notes; more is treated as damage.
constexpr size_t kMaxHeaders = 64;
constexpr size_t kMaxNoteBytes = 4096;
constexpr size_t kMaxPath = 4096;

using List = std::vector<ExecutableMapping>;

bool AddSegment(const CodeSegment& segment, void* list) {
  ExecutableMapping mapping;
  mapping.start = segment.start;
  mapping.limit = segment.limit;
  mapping.offset = segment.offset;
  mapping.path = segment.module_name;
  mapping.build_id = segment.build_id->hex;
  mapping.main_executable = segment.main_executable;
  static_cast<List*>(list)->push_back(std::move(mapping));
  return true;
}

// Names the loader's modules that /proc/self/maps did not name: the executable and the vdso.
void NameByLoader(ExecutableMapping& mapping) {
  if (mapping.path.compare(0, 10, "linux-vdso") == 0) mapping.path = "[vdso]";
  if (!mapping.main_executable || !mapping.path.empty()) return;
  char path[kMaxPath];
  ssize_t length = readlink("/proc/thread-self/exe", path, sizeof path);
  if (length < 0) length = readlink("/proc/self/exe", path, sizeof path);
  if (length > 0) {
    mapping.path.assign(path, static_cast<size_t>(length));
  } else if (const char* started_as = reinterpret_cast<const char*>(getauxval(AT_EXECFN))) {
    mapping.path = started_as;
  }
}

// The loader's segment that overlaps the line; null when there is none.
ExecutableMapping* SegmentOf(List& by_address, const MapsLine& line) {
  const auto after =
      std::lower_bound(by_address.begin(), by_address.end(), line.limit,
                       [](const ExecutableMapping& a, uint64_t limit) { return a.start < limit; });
  if (after == by_address.begin()) return nullptr;
  ExecutableMapping& before = *(after - 1);
  return before.limit > line.start ? &before : nullptr;
}

// Code that the program moved to huge pages has no path, a memfd's path, or another offset.
void TakePath(const MapsLine& line, ExecutableMapping& segment) {
  if (line.offset - segment.offset != line.start - segment.start) return;
  segment.path = line.path;
  segment.deleted = line.deleted;
}

// The build id of a file unknown to the loader, from its image in memory.
BuildId BuildIdInMemory(uint64_t image) {
  ElfW(Ehdr) elf;
  if (!ReadOwnMemory(image, &elf, sizeof elf)) return {};
  if (std::memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 || elf.e_phnum > kMaxHeaders) return {};
  ElfW(Phdr) headers[kMaxHeaders];
  if (!ReadOwnMemory(image + elf.e_phoff, headers, elf.e_phnum * sizeof headers[0])) return {};
  for (size_t i = 0; i < elf.e_phnum; ++i) {
    unsigned char notes[kMaxNoteBytes];
    const ElfW(Phdr)& header = headers[i];
    if (header.p_type != PT_NOTE || header.p_filesz > sizeof notes) continue;
    // Notes are in the first segment, whose memory is laid out like the file.
    if (!ReadOwnMemory(image + header.p_offset, notes, header.p_filesz)) continue;
    const BuildId id = BuildIdOfNotes(notes, header.p_filesz, header.p_align);
    if (!id.empty()) return id;
  }
  return {};
}

// The most likely address of the file's ELF header in memory.
uint64_t ImageOf(const MapsLine& line) {
  dl_find_object found;  // finds modules of all namespaces, unlike VisitLoadedCode
  if (_dl_find_object(reinterpret_cast<void*>(line.start), &found) == 0) {
    return reinterpret_cast<uint64_t>(found.dlfo_map_start);
  }
  return line.start - line.offset;
}

bool StartsWith(const std::string& text, const char* start) {
  return text.compare(0, std::strlen(start), start) == 0;
}

// Shared memory may contain generated code: a JIT compiler maps it twice, to write and to run.
bool IsSharedMemory(const std::string& path) {
  return StartsWith(path, "/memfd:") || StartsWith(path, "/dev/zero") ||
         StartsWith(path, "/dev/shm/") || StartsWith(path, "/SYSV");
}

// Adds a file unknown to the loader. Shared memory without an ELF image is JIT code.
void AddFile(const MapsLine& line, List& files) {
  ExecutableMapping mapping;
  mapping.build_id = BuildIdInMemory(ImageOf(line)).hex;
  if (mapping.build_id.empty() && IsSharedMemory(line.path)) return;
  mapping.start = line.start;
  mapping.limit = line.limit;
  mapping.offset = line.offset;
  mapping.path = line.path;
  mapping.deleted = line.deleted;
  files.push_back(std::move(mapping));
}

bool ByAddress(const ExecutableMapping& a, const ExecutableMapping& b) { return a.start < b.start; }

// "/proc/self/maps cannot be read (No such file or directory)"; empty when it was read.
std::string WhyNoMaps(int error, const std::string& text) {
  if (error == 0 && !text.empty()) return {};
  const std::string reason = error == 0 ? "it is empty" : std::generic_category().message(error);
  return "/proc/self/maps cannot be read (" + reason + ")";
}

}  // namespace

ExecutableMappings ListExecutableMappings() {
  ExecutableMappings mappings;
  List& list = mappings.list;
  VisitLoadedCode(AddSegment, &list);
  std::sort(list.begin(), list.end(), ByAddress);
  int error = 0;
  const std::string text = ReadMaps(&error);
  mappings.no_maps_because = WhyNoMaps(error, text);
  List files;
  for (const MapsLine& line : ParseMaps(text)) {
    ExecutableMapping* segment = SegmentOf(list, line);
    segment != nullptr ? TakePath(line, *segment) : AddFile(line, files);
  }
  for (ExecutableMapping& mapping : list) NameByLoader(mapping);
  list.insert(list.end(), std::make_move_iterator(files.begin()),
              std::make_move_iterator(files.end()));
  std::sort(list.begin(), list.end(), ByAddress);
  std::stable_partition(list.begin(), list.end(),
                        [](const ExecutableMapping& mapping) { return mapping.main_executable; });
  return mappings;
}

}  // namespace pprof::sys
