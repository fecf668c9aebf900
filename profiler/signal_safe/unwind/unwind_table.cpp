#include "profiler/signal_safe/unwind/unwind_table.h"

#include <cstring>
#include <string_view>

#include "profiler/signal_safe/unwind/cfi_program.h"

namespace pprof::signal_safe {
namespace {

// The sorted table of .eh_frame_hdr: 32-bit function start and FDE, relative to the header.
struct TableEntry {
  int32_t start;
  int32_t fde;
};

// The FDE of the last function that starts at or before pc, or nullptr.
const uint8_t* FindFde(const uint8_t* header, uintptr_t pc) {
  constexpr uint8_t kVersion = 1;
  constexpr uint8_t kSigned32RelativeToHeader = 0x3B;  // what every linker writes
  if (header[0] != kVersion || header[3] != kSigned32RelativeToHeader) return nullptr;
  constexpr size_t kLongestHead = 4 + 2 * 10;
  CfiReader reader(header + 4, header + kLongestHead);
  reader.Pointer(header[1]);
  const uint64_t entries = reader.Pointer(header[2]);
  const auto* table = reinterpret_cast<const TableEntry*>(reader.position());
  const auto offset = static_cast<int64_t>(pc - reinterpret_cast<uintptr_t>(header));
  if (!reader.ok() || entries == 0 || offset < table[0].start) return nullptr;
  uint64_t low = 0;
  for (uint64_t high = entries; high - low > 1;) {
    const uint64_t middle = (low + high) / 2;
    (table[middle].start <= offset ? low : high) = middle;
  }
  return header + table[low].fde;
}

// The body of a record. DWARF's 64-bit form does not occur in .eh_frame.
CfiReader BodyOf(const uint8_t* record) {
  uint32_t length;
  std::memcpy(&length, record, sizeof length);
  constexpr uint32_t kExtendedLength = 0xFFFFFFFF;
  if (length == kExtendedLength) length = 0;
  return {record + sizeof length, record + sizeof length + length};
}

void ReadAugmentation(CfiReader& reader, std::string_view augmentation, CfiCommon* common) {
  common->has_augmentation = true;
  const uint64_t length = reader.Uleb();
  CfiReader data(reader.position(), reader.end());
  reader.Skip(length);
  for (const char letter : augmentation.substr(1)) {
    switch (letter) {
      case 'R':
        common->pointer_encoding = data.U8();
        break;
      case 'P':
        data.Pointer(data.U8());
        break;
      case 'L':
        data.U8();
        break;
      case 'S':
        common->signal_frame = true;
        break;
      default:
        return;  // the rest is not needed
    }
  }
}

CfiCommon ReadCie(const uint8_t* record) {
  CfiCommon common;
  CfiReader reader = BodyOf(record);
  reader.U32();  // CIE id
  const uint8_t version = reader.U8();
  std::string_view augmentation = reader.CString();
  common.code_alignment = reader.Uleb();
  common.data_alignment = reader.Sleb();
  if (version == 1) {
    reader.U8();
  } else {
    reader.Uleb();  // return address register
  }
  if (!augmentation.empty() && augmentation[0] == 'z') {
    ReadAugmentation(reader, augmentation, &common);
  } else if (!augmentation.empty()) {
    return common;  // not usable
  }
  common.instructions = reader.position();
  common.instructions_end = reader.end();
  common.usable = reader.ok();
  return common;
}

// The unwind rules of one function.
struct FunctionRules {
  CfiCommon common;
  uint64_t start = 0;
  uint64_t length = 0;
  CfiReader rest{nullptr, nullptr};  // what follows the length
};

// False: the address is between functions, or the rules are of an unsupported kind.
bool FindFunction(uintptr_t pc, const uint8_t* header, FunctionRules* rules) {
  const uint8_t* fde = FindFde(header, pc);
  if (fde == nullptr) return false;
  CfiReader reader = BodyOf(fde);
  const uint8_t* cie_pointer = reader.position();
  const auto to_cie = reader.U32();
  if (!reader.ok() || to_cie == 0) return false;
  rules->common = ReadCie(cie_pointer - to_cie);
  if (!rules->common.usable) return false;
  rules->start = reader.Pointer(rules->common.pointer_encoding);
  rules->length = reader.Pointer(rules->common.pointer_encoding & 0x0F);
  rules->rest = reader;
  return reader.ok() && pc >= rules->start && pc - rules->start < rules->length;
}

UnwindRow RowOf(const CfiState& state) {
  UnwindRow row;
  row.cfa = state.return_address_undefined ? CfaRule::kEndOfStack : state.cfa;
  row.offset = static_cast<int32_t>(state.cfa_offset);
  row.rbp = state.rbp;
  row.rbx = state.rbx;
  if (!row_bits::Fits(state.cfa_offset, row_bits::kOffsetBits) || !FitsPacked(row)) return {};
  return row;
}

}  // namespace

UnwindRow ComputeRow(uintptr_t pc, const uint8_t* header) {
  FunctionRules rules;
  if (!FindFunction(pc, header, &rules)) return {};
  const CfiCommon& common = rules.common;
  if (common.has_augmentation) rules.rest.Skip(rules.rest.Uleb());
  // Its rules are expressions over the ucontext, whose place and layout the kernel fixes.
  if (common.signal_frame) return {CfaRule::kSignal, 0, {}, {}};
  CfiState initial;
  constexpr uint64_t kWholeCie = UINT64_MAX;
  if (!RunCfi(common, {common.instructions, common.instructions_end}, 0, kWholeCie, {}, &initial)) {
    return {};
  }
  CfiState state = initial;
  if (!RunCfi(common, rules.rest, rules.start, pc, initial, &state)) return {};
  return RowOf(state);
}

uintptr_t FunctionBegin(uintptr_t pc, const uint8_t* header) {
  FunctionRules rules;
  return FindFunction(pc, header, &rules) ? rules.start : 0;
}

}  // namespace pprof::signal_safe
