#include "profiler/signal_safe/unwind/cfi/cfi_record.h"

#include <cstring>
#include <string_view>

namespace pprof::signal_safe {
namespace {

// False: a letter that is not known, whose data may come before what is needed.
bool ReadAugmentation(CfiReader& reader, std::string_view letters, CfiCommon* common) {
  common->has_augmentation = true;
  const uint64_t length = reader.Uleb();
  CfiReader data(reader.position(), reader.end());
  reader.Skip(length);
  for (const char letter : letters) {
    switch (letter) {
      case 'R':
        common->factors.pointer_encoding = data.U8();
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
        return false;
    }
  }
  return data.ok();
}

// An address size and a segment size, since version 4.
bool HasOtherSizes(uint8_t version, CfiReader& reader) {
  if (version < 4) return false;
  constexpr uint8_t kAddressBytes = 8;
  const uint8_t address_bytes = reader.U8();
  return reader.U8() != 0 || address_bytes != kAddressBytes;
}

CfiCommon ReadCommon(const uint8_t* record) {
  CfiCommon common;
  CfiReader reader = BodyOfRecord(record);
  reader.U32();  // CIE id
  const uint8_t version = reader.U8();
  const std::string_view augmentation = reader.CString();
  if (HasOtherSizes(version, reader)) common.problem = NoRules::kAugmentation;
  common.factors.code = reader.Uleb();
  common.factors.data = reader.Sleb();
  const uint64_t return_column = version == 1 ? reader.U8() : reader.Uleb();
  if (return_column != dwarf_register::kReturnAddress) common.problem = NoRules::kReturnColumn;
  const bool known =
      augmentation.empty() ||
      (augmentation[0] == 'z' && ReadAugmentation(reader, augmentation.substr(1), &common));
  if (!known) common.problem = NoRules::kAugmentation;
  common.instructions = CfiReader(reader.position(), reader.end());
  if (!reader.ok()) common.problem = NoRules::kBadRecord;
  return common;
}

}  // namespace

// DWARF's 64-bit form does not occur in .eh_frame: no linker writes one that libgcc cannot read.
CfiReader BodyOfRecord(const uint8_t* record) {
  uint32_t length;
  std::memcpy(&length, record, sizeof length);
  constexpr uint32_t kExtendedLength = 0xFFFFFFFF;
  if (length == kExtendedLength) length = 0;
  return {record + sizeof length, record + sizeof length + length};
}

CfiFunction ReadFunction(const uint8_t* record) {
  CfiFunction function;
  CfiReader reader = BodyOfRecord(record);
  const uint8_t* cie_pointer = reader.position();
  const uint32_t to_cie = reader.U32();
  if (!reader.ok() || to_cie == 0) {
    function.common.problem = NoRules::kBadRecord;
    return function;
  }
  function.common = ReadCommon(cie_pointer - to_cie);
  const uint8_t encoding = function.common.factors.pointer_encoding;
  function.start = reader.Pointer(encoding);
  function.length = reader.Pointer(encoding & 0x0F);
  if (function.common.has_augmentation) reader.Skip(reader.Uleb());
  function.instructions = CfiReader(reader.position(), reader.end());
  if (!reader.ok()) function.common.problem = NoRules::kBadRecord;
  return function;
}

}  // namespace pprof::signal_safe
