// The functions that an ELF file exports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace pprof::command {

// The place of a function relative to the module's first byte in memory; nothing if the file does
// not export it, or is not an ELF file of 64 bits. Source: elf(5).
std::optional<uint64_t> FindDynamicSymbol(const std::string& path, const std::string& name);

}  // namespace pprof::command
