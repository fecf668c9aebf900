#include "profiler/signal_safe/unwind/cfi/fde_table.h"

#include "profiler/signal_safe/unwind/cfi/cfi_reader.h"

namespace pprof::signal_safe {

const uint8_t* FdeTable::Find(uintptr_t pc) const {
  const auto offset = static_cast<int64_t>(pc - reinterpret_cast<uintptr_t>(base));
  if (count == 0 || offset < entries[0].start) return nullptr;
  uint64_t low = 0;
  for (uint64_t high = count; high - low > 1;) {
    const uint64_t middle = (low + high) / 2;
    (entries[middle].start <= offset ? low : high) = middle;
  }
  return base + entries[low].record;
}

FdeTable TableOf(const uint8_t* header) {
  constexpr uint8_t kVersion = 1;
  constexpr uint8_t kSigned32RelativeToHeader = 0x3B;  // what every linker writes
  if (header[0] != kVersion || header[3] != kSigned32RelativeToHeader) return {};
  constexpr int kLongestHead = 4 + 2 * 10;
  CfiReader reader(header + 4, header + kLongestHead);
  reader.Pointer(header[1]);
  const uint64_t count = reader.Pointer(header[2]);
  if (!reader.ok()) return {};
  return {header, reinterpret_cast<const FdeEntry*>(reader.position()), count};
}

}  // namespace pprof::signal_safe
