// A bounds-checked view of a 64-bit little-endian ELF file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/sys/memory/byte_cursor.h"
#include "profiler/sys/memory/lazy_file.h"
#include "profiler/sys/memory/page_buffer.h"

namespace pprof::symbolize {

struct ElfSection {
  std::string name;  // a copy: its table may be that of the symbols, whose names are dropped
  uint32_t type = 0;
  uint64_t flags = 0;
  uint64_t address = 0;
  uint64_t size = 0;  // in memory; bytes.size is the size in the file
  sys::Bytes bytes;   // empty if not in the file; zeros until loaded
};

// A PT_LOAD entry.
struct ElfSegment {
  uint64_t file_offset = 0;
  uint64_t address = 0;
  uint64_t file_size = 0;
};

// Only the tables of a file are read at once. Everything else must go through Load, Contents or
// CStringAt before it is looked at: parts that were not loaded are zero.
// Ownership: owns the bytes; everything returned borrows from them.
// Thread safety: none. Not async-signal-safe.
class ElfFile {
 public:
  // Null if it cannot be read or is not such an ELF file.
  static std::unique_ptr<ElfFile> Open(const std::string& path);
  static std::unique_ptr<ElfFile> FromBuffer(sys::PageBuffer buffer);
  // `bytes` must outlive the result.
  static std::unique_ptr<ElfFile> FromBytes(sys::Bytes bytes);

  const std::string& path() const { return path_; }          // empty unless opened by path
  const std::string& build_id() const { return build_id_; }  // lower-case hex; empty: none
  const std::vector<ElfSection>& sections() const { return sections_; }
  const std::vector<ElfSegment>& segments() const { return segments_; }

  // Null if there is none with this name.
  const ElfSection* FindSection(std::string_view name) const;
  bool HasSection(std::string_view name) const { return FindSection(name) != nullptr; }

  // The whole file; not loaded.
  sys::Bytes bytes() const { return bytes_; }

  // The same bytes, loaded. REQUIRES: they lie within bytes().
  sys::Bytes Load(sys::Bytes part) const;
  // The loaded contents of the section with this name; empty if there is none.
  sys::Bytes Contents(std::string_view name) const;
  // The text at `offset`, loaded; empty if no zero byte follows.
  std::string_view CStringAt(sys::Bytes section, uint64_t offset) const;

  // Frees the memory of loaded bytes that are no longer needed.
  void Drop(sys::Bytes part) const;

 private:
  ElfFile() = default;
  bool Parse(sys::Bytes bytes);
  void ParseSections(sys::Bytes bytes, uint64_t table, uint64_t count, uint64_t names_index);
  void ParseSegments(sys::Bytes bytes, uint64_t table, uint64_t count);

  std::string path_;
  sys::Bytes bytes_;
  std::unique_ptr<sys::LazyFile> file_;  // null for a buffer
  sys::PageBuffer buffer_;
  std::vector<ElfSection> sections_;
  std::vector<ElfSegment> segments_;
  std::string build_id_;
};

// Converts a file offset to an address in the file's address space; false if in no segment.
bool OffsetToAddress(const std::vector<ElfSegment>& segments, uint64_t offset, uint64_t* address);

// Lower-case hex, as in build ids.
std::string ToHex(sys::Bytes bytes);

// The build id in a note section or segment as lower-case hex; empty if there is none.
std::string FindBuildId(sys::Bytes notes);

}  // namespace pprof::symbolize
