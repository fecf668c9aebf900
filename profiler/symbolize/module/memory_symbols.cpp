#include "profiler/symbolize/module/memory_symbols.h"

#include <elf.h>

#include <algorithm>
#include <cstring>

#include "profiler/symbolize/module/symbol_table.h"
#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/modules/loaded_image.h"

namespace pprof::symbolize {
namespace {

using sys::LoadedImage;
using sys::LoadedSegment;

// The readable memory from `address` (of the process) to the end of its segment.
sys::Bytes MemoryAt(const LoadedImage& image, uint64_t address) {
  for (const LoadedSegment& segment : image.segments) {
    const uint64_t into = address - (image.base + segment.address);
    if (segment.type != PT_LOAD || !segment.readable) continue;
    if (into >= segment.memory_size) continue;
    return {reinterpret_cast<const uint8_t*>(address),
            static_cast<size_t>(segment.memory_size - into)};
  }
  return {};
}

bool IsBuild(const LoadedImage& image, const std::string& build_id) {
  if (build_id.empty()) return true;
  for (const LoadedSegment& segment : image.segments) {
    if (segment.type != PT_NOTE) continue;
    const sys::Bytes notes =
        MemoryAt(image, image.base + segment.address).Slice(0, segment.file_size);
    const std::string found = FindBuildId(notes);
    if (!found.empty()) return found == build_id;
  }
  return true;
}

struct DynamicTable {
  uint64_t symbols = 0;
  uint64_t strings = 0;
  uint64_t strings_size = 0;
  uint64_t hash = 0;
  uint64_t gnu_hash = 0;
};

// glibc relocates the addresses in the dynamic section; the vdso, whose dynamic section is
// read-only, keeps those of the file.
uint64_t InProcess(const LoadedImage& image, uint64_t address) {
  return MemoryAt(image, address).empty() ? image.base + address : address;
}

DynamicTable ReadDynamic(const LoadedImage& image) {
  DynamicTable table;
  for (const LoadedSegment& segment : image.segments) {
    if (segment.type != PT_DYNAMIC) continue;
    sys::ByteCursor cursor(
        MemoryAt(image, image.base + segment.address).Slice(0, segment.memory_size));
    while (cursor.left() >= 16) {
      const auto tag = static_cast<int64_t>(cursor.U64());
      const uint64_t value = cursor.U64();
      switch (tag) {
        case 0:
          return table;
        case DT_SYMTAB:
          table.symbols = InProcess(image, value);
          break;
        case DT_STRTAB:
          table.strings = InProcess(image, value);
          break;
        case DT_STRSZ:
          table.strings_size = value;
          break;
        case DT_HASH:
          table.hash = InProcess(image, value);
          break;
        case DT_GNU_HASH:
          table.gnu_hash = InProcess(image, value);
          break;
        default:
          break;
      }
    }
  }
  return table;
}

// The GNU hash table has no symbol count: it follows from the end of the last chain.
uint64_t CountByGnuHash(sys::Bytes table) {
  sys::ByteCursor cursor(table);
  const uint32_t buckets = cursor.U32();
  const uint32_t first_hashed = cursor.U32();
  const uint32_t bloom_words = cursor.U32();
  cursor.Skip(4 + uint64_t{bloom_words} * 8);
  uint32_t last = 0;
  for (uint32_t i = 0; i < buckets && cursor.ok(); ++i) last = std::max(last, cursor.U32());
  if (!cursor.ok() || last < first_hashed) return first_hashed;
  cursor.Skip(uint64_t{last - first_hashed} * 4);
  uint64_t count = last;
  do {
    ++count;
  } while ((cursor.U32() & 1) == 0 && cursor.ok());
  return count;
}

uint64_t CountSymbols(const LoadedImage& image, const DynamicTable& table) {
  if (table.hash != 0) {
    sys::ByteCursor cursor(MemoryAt(image, table.hash));
    cursor.Skip(4);
    return cursor.U32();  // as many chains as symbols
  }
  return table.gnu_hash != 0 ? CountByGnuHash(MemoryAt(image, table.gnu_hash)) : 0;
}

struct Request {
  const std::string* build_id;
  std::vector<ElfSegment> segments;
  std::vector<uint8_t> symbols;
  std::vector<uint8_t> strings;
};

void CopySegments(const LoadedImage& image, void* arg) {
  Request& request = *static_cast<Request*>(arg);
  if (!IsBuild(image, *request.build_id)) return;
  for (const LoadedSegment& segment : image.segments) {
    if (segment.type != PT_LOAD) continue;
    request.segments.push_back({segment.file_offset, segment.address, segment.file_size});
  }
}

std::vector<uint8_t> Copied(sys::Bytes bytes) { return {bytes.data, bytes.data + bytes.size}; }

// Copies, because matching takes long and the loader is locked here.
void CopyDynamic(const LoadedImage& image, void* arg) {
  Request& request = *static_cast<Request*>(arg);
  if (!IsBuild(image, *request.build_id)) return;
  const DynamicTable table = ReadDynamic(image);
  if (table.symbols == 0 || table.strings == 0) return;
  const sys::Bytes memory = MemoryAt(image, table.symbols);
  const uint64_t count =
      std::min<uint64_t>(CountSymbols(image, table), memory.size / sizeof(Elf64_Sym));
  request.symbols = Copied(memory.Slice(0, count * sizeof(Elf64_Sym)));
  request.strings = Copied(MemoryAt(image, table.strings).Slice(0, table.strings_size));
}

struct CodeCopy {
  uint64_t address;
  uint8_t* out;
  size_t size;
  bool done;
};

void CopyCode(const LoadedImage& image, void* arg) {
  CodeCopy& copy = *static_cast<CodeCopy*>(arg);
  const sys::Bytes memory = MemoryAt(image, copy.address);
  copy.done = memory.size >= copy.size;
  if (copy.done && copy.size > 0) std::memcpy(copy.out, memory.data, copy.size);
}

}  // namespace

bool CopyLoadedCode(uint64_t address, uint8_t* out, size_t size) {
  if (sys::ReadOwnMemory(address, out, size)) return true;
  CodeCopy copy{address, out, size, false};
  sys::VisitLoadedImage(address, CopyCode, &copy);
  return copy.done;
}

std::vector<ElfSegment> LoadedSegments(uint64_t address, const std::string& build_id) {
  Request request{&build_id, {}, {}, {}};
  sys::VisitLoadedImage(address, CopySegments, &request);
  return request.segments;
}

void MatchLoadedSymbols(uint64_t address, const std::string& build_id, TimeBudget& budget,
                        PendingLocations& locations, StringPool& strings) {
  Request request{&build_id, {}, {}, {}};
  sys::VisitLoadedImage(address, CopyDynamic, &request);
  MatchSymbols({request.symbols.data(), request.symbols.size()},
               {request.strings.data(), request.strings.size()}, {}, budget, locations, strings);
}

}  // namespace pprof::symbolize
