#include "profiler/symbolize/elf/elf_file.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace pprof::symbolize {
namespace {

constexpr size_t kMaxBuildIdBytes = 64;  // SHA-1 has 20, SHA-512 would have 64
constexpr size_t kFirstLook = 256;       // most names are shorter
constexpr size_t kMostNotes = size_t{1} << 20;

sys::Bytes Beginning(sys::Bytes notes) { return notes.Slice(0, std::min(notes.size, kMostNotes)); }

ElfSection ReadSectionHeader(sys::Bytes file, sys::Bytes header, uint32_t* name_offset) {
  sys::ByteCursor cursor(header);
  ElfSection section;
  *name_offset = cursor.U32();
  section.type = cursor.U32();
  section.flags = cursor.U64();
  section.address = cursor.U64();
  const uint64_t offset = cursor.U64();
  section.size = cursor.U64();
  if (section.type != SHT_NOBITS) section.bytes = file.Slice(offset, section.size);
  return section;
}

// Files with very many sections store the counts in section 0 (gABI, "Special Section Indexes").
void ReadExtendedCounts(sys::Bytes file, uint64_t table, uint64_t* count, uint64_t* names_index) {
  sys::ByteCursor first(file.Slice(table, sizeof(Elf64_Shdr)));
  first.Skip(32);
  const uint64_t size = first.U64();
  const uint32_t link = first.U32();
  if (*count == 0) *count = size;
  if (*names_index == SHN_XINDEX) *names_index = link;
}

}  // namespace

std::unique_ptr<ElfFile> ElfFile::Open(const std::string& path) {
  std::unique_ptr<ElfFile> elf(new ElfFile);
  elf->path_ = path;
  elf->file_ = std::make_unique<sys::LazyFile>();
  if (!elf->file_->Open(path)) return nullptr;
  return elf->Parse(elf->file_->bytes()) ? std::move(elf) : nullptr;
}

std::unique_ptr<ElfFile> ElfFile::FromBuffer(sys::PageBuffer buffer) {
  std::unique_ptr<ElfFile> elf(new ElfFile);
  elf->buffer_ = std::move(buffer);
  return elf->Parse({elf->buffer_.data(), elf->buffer_.size()}) ? std::move(elf) : nullptr;
}

std::unique_ptr<ElfFile> ElfFile::FromBytes(sys::Bytes bytes) {
  std::unique_ptr<ElfFile> elf(new ElfFile);
  return elf->Parse(bytes) ? std::move(elf) : nullptr;
}

bool ElfFile::Parse(sys::Bytes bytes) {
  bytes_ = bytes;
  sys::ByteCursor cursor(Load(bytes.Slice(0, sizeof(Elf64_Ehdr))));
  const sys::Bytes magic = cursor.Take(SELFMAG);
  if (!cursor.ok() || std::memcmp(magic.data, ELFMAG, SELFMAG) != 0) return false;
  if (cursor.U8() != ELFCLASS64 || cursor.U8() != ELFDATA2LSB) return false;
  cursor.Skip(26);  // rest of the identification, type, machine, version, entry
  const uint64_t segment_table = cursor.U64();
  const uint64_t section_table = cursor.U64();
  cursor.Skip(6);  // flags, header size
  const bool segments_fit = cursor.U16() == sizeof(Elf64_Phdr);
  const uint64_t segment_count = cursor.U16();
  const bool sections_fit = cursor.U16() == sizeof(Elf64_Shdr);
  const uint64_t section_count = cursor.U16();
  const uint64_t names_index = cursor.U16();
  if (segments_fit) ParseSegments(bytes, segment_table, segment_count);
  if (sections_fit && section_table != 0) {
    ParseSections(bytes, section_table, section_count, names_index);
  }
  return cursor.ok();
}

void ElfFile::ParseSections(sys::Bytes bytes, uint64_t table, uint64_t count,
                            uint64_t names_index) {
  Load(bytes.Slice(table, sizeof(Elf64_Shdr)));
  ReadExtendedCounts(bytes, table, &count, &names_index);
  count = std::min<uint64_t>(count, bytes.From(table).size / sizeof(Elf64_Shdr));
  Load(bytes.Slice(table, count * sizeof(Elf64_Shdr)));
  std::vector<uint32_t> name_offsets(count);
  sections_.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    const sys::Bytes header = bytes.Slice(table + i * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr));
    sections_.push_back(ReadSectionHeader(bytes, header, &name_offsets[i]));
  }
  const sys::Bytes names = names_index < count ? sections_[names_index].bytes : sys::Bytes{};
  for (uint64_t i = 0; i < count; ++i) {
    sections_[i].name = CStringAt(names, name_offsets[i]);
    if (build_id_.empty() && sections_[i].type == SHT_NOTE) {
      build_id_ = FindBuildId(Load(Beginning(sections_[i].bytes)));
    }
  }
}

void ElfFile::ParseSegments(sys::Bytes bytes, uint64_t table, uint64_t count) {
  const uint64_t present = std::min<uint64_t>(count, bytes.From(table).size / sizeof(Elf64_Phdr));
  sys::ByteCursor cursor(Load(bytes.Slice(table, present * sizeof(Elf64_Phdr))));
  for (uint64_t i = 0; i < count; ++i) {
    const uint32_t type = cursor.U32();
    cursor.Skip(4);  // flags
    ElfSegment segment;
    segment.file_offset = cursor.U64();
    segment.address = cursor.U64();
    cursor.Skip(8);  // physical address
    segment.file_size = cursor.U64();
    cursor.Skip(16);  // size in memory, alignment
    if (!cursor.ok()) return;
    if (type == PT_LOAD) segments_.push_back(segment);
    if (type == PT_NOTE && build_id_.empty()) {
      const sys::Bytes notes = bytes.Slice(segment.file_offset, segment.file_size);
      build_id_ = FindBuildId(Load(Beginning(notes)));
    }
  }
}

sys::Bytes ElfFile::Load(sys::Bytes part) const {
  if (file_ != nullptr) file_->Load(part);
  return part;
}

sys::Bytes ElfFile::Contents(std::string_view name) const {
  const ElfSection* section = FindSection(name);
  return section == nullptr ? sys::Bytes{} : Load(section->bytes);
}

std::string_view ElfFile::CStringAt(sys::Bytes section, uint64_t offset) const {
  const sys::Bytes rest = section.From(offset);
  for (size_t look = kFirstLook;; look *= 4) {
    sys::ByteCursor cursor(Load(rest.Slice(0, std::min(look, rest.size))));
    const std::string_view text = cursor.CString();
    if (cursor.ok() || look >= rest.size) return text;
  }
}

void ElfFile::Drop(sys::Bytes part) const {
  if (file_ != nullptr) file_->Drop(part);
}

const ElfSection* ElfFile::FindSection(std::string_view name) const {
  for (const ElfSection& section : sections_) {
    if (section.name == name && !section.bytes.empty()) return &section;
  }
  return nullptr;
}

bool OffsetToAddress(const std::vector<ElfSegment>& segments, uint64_t offset, uint64_t* address) {
  for (const ElfSegment& segment : segments) {
    if (offset < segment.file_offset || offset - segment.file_offset >= segment.file_size) continue;
    *address = segment.address + (offset - segment.file_offset);
    return true;
  }
  return false;
}

std::string ToHex(sys::Bytes bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size);
  for (size_t i = 0; i < bytes.size; ++i) {
    hex += kDigits[bytes.data[i] >> 4];
    hex += kDigits[bytes.data[i] & 15];
  }
  return hex;
}

std::string FindBuildId(sys::Bytes notes) {
  sys::ByteCursor cursor(notes);
  while (cursor.ok() && !cursor.AtEnd()) {
    const uint64_t name_size = cursor.U32();
    const uint64_t data_size = cursor.U32();
    const uint32_t type = cursor.U32();
    const sys::Bytes name = cursor.Take(name_size);
    cursor.Skip((4 - name_size % 4) % 4);
    const sys::Bytes data = cursor.Take(data_size);
    if (!cursor.ok()) break;
    const bool gnu =
        name.size == 4 && name.data != nullptr && std::memcmp(name.data, "GNU", 4) == 0;
    if (gnu && type == NT_GNU_BUILD_ID && data_size <= kMaxBuildIdBytes) return ToHex(data);
    cursor.Skip((4 - data_size % 4) % 4);
  }
  return {};
}

}  // namespace pprof::symbolize
