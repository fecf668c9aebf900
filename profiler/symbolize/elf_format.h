// The numbers of the ELF format that are needed here (System V gABI, chapters 4 and 5).
#pragma once

#include <cstdint>

namespace pprof::symbolize::elf {

constexpr uint8_t kMagic[] = {0x7f, 'E', 'L', 'F'};
constexpr uint8_t kClass64 = 2;
constexpr uint8_t kLittleEndian = 1;

constexpr uint64_t kHeaderSize = 64;
constexpr uint64_t kSectionHeaderSize = 64;
constexpr uint64_t kProgramHeaderSize = 56;
constexpr uint64_t kSymbolSize = 24;

constexpr uint32_t kProgramLoad = 1;         // PT_LOAD
constexpr uint32_t kProgramDynamic = 2;      // PT_DYNAMIC
constexpr uint32_t kProgramNote = 4;         // PT_NOTE
constexpr uint32_t kSectionNote = 7;         // SHT_NOTE
constexpr uint32_t kSectionNoBits = 8;       // SHT_NOBITS
constexpr uint64_t kFlagCompressed = 0x800;  // SHF_COMPRESSED
constexpr uint16_t kIndexUndefined = 0;      // SHN_UNDEF
constexpr uint16_t kIndexReserved = 0xff00;  // SHN_LORESERVE: special from here on
constexpr uint16_t kIndexExtended = 0xffff;  // SHN_XINDEX

constexpr uint32_t kCompressZlib = 1;  // ELFCOMPRESS_ZLIB
constexpr uint32_t kCompressZstd = 2;  // ELFCOMPRESS_ZSTD
constexpr uint64_t kCompressionHeaderSize = 24;

constexpr uint32_t kNoteBuildId = 3;  // NT_GNU_BUILD_ID

constexpr uint8_t kSymbolNoType = 0;     // STT_NOTYPE
constexpr uint8_t kSymbolFunction = 2;   // STT_FUNC
constexpr uint8_t kSymbolIndirect = 10;  // STT_GNU_IFUNC
constexpr uint8_t kBindLocal = 0;        // STB_LOCAL
constexpr uint8_t kBindGlobal = 1;       // STB_GLOBAL

constexpr int64_t kDynamicHash = 4;              // DT_HASH
constexpr int64_t kDynamicStrings = 5;           // DT_STRTAB
constexpr int64_t kDynamicSymbols = 6;           // DT_SYMTAB
constexpr int64_t kDynamicStringsSize = 10;      // DT_STRSZ
constexpr int64_t kDynamicGnuHash = 0x6ffffef5;  // DT_GNU_HASH

}  // namespace pprof::symbolize::elf
