// The share of the functions of ELF files whose every row of unwind information is understood, and
// the rules that fit no packed row.
//
//   find / -xdev -type f \( -perm -100 -o -name '*.so*' \) | pprof_cfi_census
//   pprof_cfi_census FILE...       ends with 1 if it understands less than 99.9 %
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>

#include "profiler/signal_safe/unwind/cfi/apply_rules.h"
#include "profiler/signal_safe/unwind/cfi/cfi_record.h"
#include "profiler/signal_safe/unwind/cfi/unwind_table.h"
#include "profiler/signal_safe/unwind/row_of_rules.h"
#include "tests/cfi/elf_image.h"

namespace pprof::cfi {
namespace {

using namespace signal_safe;  // NOLINT(google-build-using-namespace): all of this file is about it

struct Census {
  uint64_t files = 0;
  uint64_t functions = 0;
  uint64_t understood = 0;
  uint64_t found = 0;  // by the sorted table
  uint64_t rows = 0;
  uint64_t packed = 0;
};

// With all registers and all memory, every rule has a result.
bool CanApply(const FrameRules& rules) {
  RegisterFile frame, caller;
  for (int i = 0; i < dwarf_register::kCount; ++i) frame.Set(i, 0x10000 + 64 * uintptr_t(i));
  const MemoryReader memory{[](void*, uintptr_t address, uintptr_t* value) {
                              *value = address;
                              return true;
                            },
                            nullptr};
  if (rules.rules[dwarf_register::kReturnAddress] == RegisterRule::kUndefined) return true;
  return ApplyRules(rules, frame, memory, &caller) == Evaluation::kDone;
}

bool UnderstandsAllRows(const CfiFunction& function, const uint8_t* record, Census* census) {
  for (uint64_t pc = function.start; pc - function.start < function.length;) {
    FrameRules rules;
    uint64_t next = 0;
    if (ComputeRules(pc, record, &rules, &next) != NoRules::kNone) return false;
    if (!CanApply(rules) || next <= pc) return false;
    ++census->rows;
    if (RowOfRules(rules, pc).cfa != CfaRule::kGeneral) ++census->packed;
    pc = next;
  }
  return true;
}

void Count(const std::string& path, Census* census) {
  const ElfImage image(path);
  size_t size = 0;
  const uint8_t* section = image.usable() ? image.Section(".eh_frame", &size) : nullptr;
  if (section == nullptr) return;
  ++census->files;
  const uint8_t* header = image.FrameHeader();
  const FdeTable table = header != nullptr ? TableOf(header) : FdeTable{};
  const uint8_t* const end = section + size;
  for (const uint8_t* record = section; record + sizeof(uint32_t) <= end;) {
    CfiReader body = BodyOfRecord(record);
    const uint8_t* const next = body.end();
    const bool is_function = !body.AtEnd() && next <= end && body.U32() != 0;
    if (is_function) {
      const CfiFunction function = ReadFunction(record);
      if (function.length != 0) ++census->functions;
      if (function.length != 0 && table.Find(function.start) == record) ++census->found;
      if (function.length != 0 && UnderstandsAllRows(function, record, census)) {
        ++census->understood;
      }
    }
    record = next;
  }
}

double Percent(uint64_t part, uint64_t whole) {
  return whole == 0 ? 100 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}

int Run(int count, char** paths) {
  Census census;
  for (int i = 1; i < count; ++i) Count(paths[i], &census);
  std::string path;
  while (count == 1 && std::getline(std::cin, path)) Count(path, &census);
  const double share = Percent(census.understood, census.functions);
  std::printf("%lu files, %lu functions: %.4f %% understood, %.4f %% in the sorted table\n",
              census.files, census.functions, share, Percent(census.found, census.functions));
  std::printf("%lu rows: %.4f %% packed, the others are evaluated\n", census.rows,
              Percent(census.packed, census.rows));
  constexpr double kAim = 99.9;
  return census.functions > 0 && share >= kAim ? 0 : 1;
}

}  // namespace
}  // namespace pprof::cfi

int main(int count, char** paths) { return pprof::cfi::Run(count, paths); }
