// libFuzzer target: arbitrary contents of a CIE and an FDE, and the same bytes as machine code.
//
// Lengths and pointers of the records are right: those of a module are trusted, as the module's
// code is. The first byte divides the input between the two records.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "profiler/signal_safe/unwind/cfi/apply_rules.h"
#include "profiler/signal_safe/unwind/cfi/cfi_record.h"
#include "profiler/signal_safe/unwind/cfi/unwind_table.h"
#include "profiler/signal_safe/unwind/code/code_frame.h"
#include "profiler/signal_safe/unwind/code/instruction.h"
#include "profiler/signal_safe/unwind/code/return_address.h"
#include "profiler/signal_safe/unwind/row_of_rules.h"

namespace {

using namespace pprof::signal_safe;  // NOLINT(google-build-using-namespace): the code under test

void AppendNumber(uint32_t value, std::vector<uint8_t>* bytes) {
  const auto* begin = reinterpret_cast<const uint8_t*>(&value);
  bytes->insert(bytes->end(), begin, begin + sizeof value);
}

// The two records; *fde: the place of the second.
std::vector<uint8_t> RecordsOf(const uint8_t* data, size_t size, size_t* fde) {
  const size_t common = std::min(size_t{data[0]}, size - 1);
  std::vector<uint8_t> bytes;
  AppendNumber(static_cast<uint32_t>(common + 4), &bytes);
  AppendNumber(0, &bytes);
  bytes.insert(bytes.end(), data + 1, data + 1 + common);
  *fde = bytes.size();
  AppendNumber(static_cast<uint32_t>(size - 1 - common + 4), &bytes);
  AppendNumber(static_cast<uint32_t>(*fde + 4), &bytes);
  bytes.insert(bytes.end(), data + 1 + common, data + size);
  bytes.shrink_to_fit();  // so that the sanitizer knows the end
  return bytes;
}

bool LoadSome(void*, uintptr_t address, uintptr_t* value) {
  *value = address * 0x9E3779B97F4A7C15;
  return (*value >> 60) != 0;
}

void CheckRow(const UnwindRow& row) {
  if (!FitsPacked(row) || Pack(Unpack(Pack(row))) != Pack(row)) std::abort();
}

void RunAt(uint64_t pc, const uint8_t* record) {
  FrameRules rules;
  uint64_t next = 0;
  if (ComputeRules(pc, record, &rules, &next) != NoRules::kNone) return;
  CheckRow(RowOfRules(rules, pc));
  RegisterFile frame, caller;
  for (int i = 0; i < dwarf_register::kCount; i += 1 + (pc & 1)) frame.Set(i, pc + i * 4096);
  ApplyRules(rules, frame, {LoadSome, nullptr}, &caller);
}

void RunCode(const uint8_t* data, size_t size) {
  for (size_t at = 0; at < size && at < 64; ++at) {
    Instruction instruction;
    if (!Decode(data + at, size - at, &instruction)) continue;
    if (instruction.length == 0 || instruction.length > size - at) std::abort();
  }
  const auto code = reinterpret_cast<uintptr_t>(data);
  CheckRow(RowOfCode(code, FdeTable{}));
  FollowsCall(code + size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 8) return 0;
  if (data[size - 1] % 4 == 0) {  // slower, since code is read through the kernel
    RunCode(data, size);
    return 0;
  }
  size_t fde = 0;
  const std::vector<uint8_t> records = RecordsOf(data, size, &fde);
  const uint8_t* record = records.data() + fde;
  const CfiFunction function = ReadFunction(record);
  for (const uint64_t offset : {uint64_t{0}, uint64_t{1}, uint64_t{40}, function.length - 1}) {
    RunAt(function.start + offset, record);
  }
  return 0;
}
