#include "profiler/signal_safe/unwind/cfi/unwind_table.h"

#include "profiler/signal_safe/unwind/cfi/cfi_record.h"

namespace pprof::signal_safe {

NoRules ComputeRules(uintptr_t pc, const uint8_t* record, FrameRules* rules, uint64_t* next) {
  const CfiFunction function = ReadFunction(record);
  const CfiCommon& common = function.common;
  if (common.problem != NoRules::kNone) return common.problem;
  if (pc - function.start >= function.length) return NoRules::kNoEntry;
  *rules = {};
  rules->base = record;
  rules->signal_frame = common.signal_frame;
  constexpr uint64_t kWholeCie = UINT64_MAX;
  NoRules problem =
      RunCfi({common.factors, common.instructions, 0, kWholeCie}, *rules, rules, next);
  if (problem != NoRules::kNone) return problem;
  const FrameRules initial = *rules;
  *next = function.start + function.length;
  problem =
      RunCfi({common.factors, function.instructions, function.start, pc}, initial, rules, next);
  const bool is_root = rules->rules[dwarf_register::kReturnAddress] == RegisterRule::kUndefined;
  return problem == NoRules::kNone && !rules->has_cfa && !is_root ? NoRules::kBadRecord : problem;
}

NoRules ComputeRules(uintptr_t pc, const FdeTable& table, FrameRules* rules, uint64_t* next) {
  const uint8_t* record = table.Find(pc);
  return record == nullptr ? NoRules::kNoEntry : ComputeRules(pc, record, rules, next);
}

uintptr_t FunctionBegin(uintptr_t pc, const FdeTable& table) {
  const uint8_t* record = table.Find(pc);
  if (record == nullptr) return 0;
  const CfiFunction function = ReadFunction(record);
  const bool holds =
      function.common.problem == NoRules::kNone && pc - function.start < function.length;
  return holds ? function.start : 0;
}

}  // namespace pprof::signal_safe
