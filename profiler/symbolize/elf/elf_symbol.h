// One entry of a symbol table, 64-bit and little-endian.
#pragma once

#include <cstdint>

#include "profiler/sys/memory/byte_cursor.h"

namespace pprof::symbolize {

struct ElfSymbol {
  uint32_t name = 0;  // offset in the string table
  uint8_t type = 0;   // STT_...
  uint8_t bind = 0;   // STB_...
  uint16_t section = 0;
  uint64_t start = 0;
  uint64_t size = 0;
};

// `entry`: an Elf64_Sym. Thread safety: safe.
inline ElfSymbol ReadElfSymbol(sys::Bytes entry) {
  sys::ByteCursor cursor(entry);
  ElfSymbol symbol;
  symbol.name = cursor.U32();
  const uint8_t info = cursor.U8();
  symbol.type = info & 15;
  symbol.bind = info >> 4;
  cursor.Skip(1);  // visibility
  symbol.section = cursor.U16();
  symbol.start = cursor.U64();
  symbol.size = cursor.U64();
  return symbol;
}

}  // namespace pprof::symbolize
