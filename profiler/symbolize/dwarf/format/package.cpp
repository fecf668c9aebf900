#include "profiler/symbolize/dwarf/format/package.h"

namespace pprof::symbolize {
namespace {

constexpr uint32_t kMaxColumns = 64;

// Column numbers (DW_SECT_*).
constexpr uint32_t kSectInfo = 1;
constexpr uint32_t kSectAbbrev = 3;
constexpr uint32_t kSectStrOffsets = 6;
constexpr uint32_t kSectRnglists = 8;  // version 5; 8 is .debug_macro in version 2

}  // namespace

PackageIndex::PackageIndex(const ElfFile& file, TimeBudget* budget)
    : section_(FindSectionData(file, ".debug_cu_index"), budget) {}

bool PackageIndex::ReadHeader(sys::ByteCursor& cursor, Header* header) const {
  // Version 2 has a 32-bit field where version 5 has 16 bits and padding: equal for small numbers.
  header->version = cursor.U32() & 0xffff;
  header->columns = cursor.U32();
  header->units = cursor.U32();
  header->slots = cursor.U32();
  const bool known = header->version == 2 || header->version == 5;
  const bool power_of_two = header->slots != 0 && (header->slots & (header->slots - 1)) == 0;
  return cursor.ok() && known && power_of_two && header->columns <= kMaxColumns;
}

// 0 if not found; rows are numbered from 1.
uint32_t PackageIndex::FindRow(const Header& header, sys::Bytes hashes, sys::Bytes rows,
                               uint64_t dwo_id) const {
  const uint64_t mask = header.slots - 1;
  const uint64_t step = ((dwo_id >> 32) & mask) | 1;
  uint64_t slot = dwo_id & mask;
  for (uint32_t tries = 0; tries < header.slots; ++tries, slot = (slot + step) & mask) {
    const uint32_t row = sys::ByteCursor(rows.From(slot * 4)).U32();
    if (row == 0) return 0;
    const uint64_t hash = sys::ByteCursor(hashes.From(slot * 8)).U64();
    if (hash == dwo_id) return row <= header.units ? row : 0;
  }
  return 0;
}

bool PackageIndex::Find(uint64_t dwo_id, DwarfSections& sections, PackageEntry* entry) {
  sys::ByteCursor cursor(section_.Get());
  Header header;
  if (!ReadHeader(cursor, &header)) return false;
  const sys::Bytes hashes = cursor.Take(uint64_t{header.slots} * 8);
  const sys::Bytes rows = cursor.Take(uint64_t{header.slots} * 4);
  const uint64_t row_bytes = uint64_t{header.columns} * 4;
  sys::ByteCursor kinds(cursor.Take(row_bytes));
  const sys::Bytes offsets = cursor.Take(row_bytes * header.units);
  const sys::Bytes sizes = cursor.Take(row_bytes * header.units);
  if (!cursor.ok()) return false;
  const uint32_t row = FindRow(header, hashes, rows, dwo_id);
  if (row == 0) return false;
  sys::ByteCursor row_offsets(offsets.From((row - 1) * row_bytes));
  sys::ByteCursor row_sizes(sizes.From((row - 1) * row_bytes));
  entry->info = {};
  for (uint32_t column = 0; column < header.columns; ++column) {
    const uint32_t kind = kinds.U32();
    const uint32_t offset = row_offsets.U32();
    SetPart(header, kind, offset, row_sizes.U32(), sections, entry);
  }
  return entry->info.end != 0;
}

void PackageIndex::SetPart(const Header& header, uint32_t kind, uint64_t offset, uint64_t size,
                           DwarfSections& sections, PackageEntry* entry) const {
  if (kind == kSectInfo) {
    if (!ReadUnitExtent(sections.info, offset, &entry->info)) entry->info = {};
  } else if (kind == kSectAbbrev) {
    entry->abbrev = sections.abbrev.Get().Slice(offset, size);
  } else if (kind == kSectStrOffsets) {
    entry->str_offsets = sections.str_offsets.Get().Slice(offset, size);
  } else if (kind == kSectRnglists && header.version == 5) {
    entry->rnglists = sections.rnglists.All().Slice(offset, size);
  }
}

}  // namespace pprof::symbolize
