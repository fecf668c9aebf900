// A wanted address and its symbol information so far.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "profiler/symbolize/dwarf/names.h"
#include "profiler/symbolize/elf/string_pool.h"

namespace pprof::symbolize {

// An inlined function and its call site.
struct InlinedCall {
  NameId name = kNoName;
  uint32_t depth = 0;      // of its DIE
  uint32_t call_file = 0;  // in the unit's line table
  uint32_t call_line = 0;
  StringId call_filename = kNoString;
};

// The best symbol so far.
struct SymbolMatch {
  StringId name = kNoString;
  uint64_t start = 0;
  bool sized = false;  // false: the nearest symbol before it, whose end is unknown
  uint8_t rank = 0;    // among aliases; larger is better
};

struct PendingLocation {
  static constexpr uint64_t kNoUnit = ~uint64_t{0};
  static constexpr size_t kMaxCalls = 256;  // real chains have fewer than 40

  PendingLocation(uint64_t wanted_address, std::pmr::memory_resource* memory)
      : address(wanted_address), calls(memory) {}

  uint64_t address;  // in the file's own address space

  // From .debug_info: the smallest function that contains the address.
  uint64_t unit = kNoUnit;
  const uint8_t* function_at = nullptr;  // its DIE, while the unit is read
  uint64_t function_bytes = ~uint64_t{0};
  NameId function = kNoName;
  std::pmr::vector<InlinedCall> calls;  // outermost first

  // From .debug_line.
  StringId filename = kNoString;
  uint32_t line = 0;
  uint64_t line_unit = kNoUnit;

  SymbolMatch symbol;
};

// Sorted by address, unique.
using PendingLocations = std::pmr::vector<PendingLocation>;

}  // namespace pprof::symbolize
