#include "profiler/signal_safe/unwind/row_of_address.h"

#include "profiler/signal_safe/unwind/cfi/unwind_table.h"
#include "profiler/signal_safe/unwind/code/code_frame.h"
#include "profiler/signal_safe/unwind/code/return_address.h"
#include "profiler/signal_safe/unwind/row_of_rules.h"
#include "profiler/sys/modules/unwind_info.h"

namespace pprof::signal_safe {
namespace {

FdeTable TableOfModule(const sys::UnwindInfo& module) {
  return module.header == nullptr ? FdeTable{} : TableOf(module.header);
}

UnwindRow RowWithoutCall(uintptr_t address, uintptr_t pc) {
  UnwindRow row;
  sys::UnwindInfo module;
  if (!sys::FindUnwindInfo(address, &module)) {
    row.cfa = CfaRule::kNoModule;
    return row;
  }
  const FdeTable table = TableOfModule(module);
  FrameRules rules;
  uint64_t next = 0;
  if (ComputeRules(address, table, &rules, &next) != NoRules::kNone) return RowOfCode(pc, table);
  return RowOfRules(rules, pc);
}

}  // namespace

bool IsInModule(uintptr_t address) {
  sys::UnwindInfo module;
  return sys::FindUnwindInfo(address, &module);
}

UnwindRow RowOfAddress(uintptr_t address, uintptr_t pc) {
  UnwindRow row = RowWithoutCall(address, pc);
  row.after_call = FollowsCall(address + 1);
  return row;
}

UnwindRow RowByCode(uintptr_t pc) {
  sys::UnwindInfo module;
  return RowOfCode(pc, sys::FindUnwindInfo(pc, &module) ? TableOfModule(module) : FdeTable{});
}

bool RulesOfAddress(uintptr_t address, FrameRules* rules) {
  sys::UnwindInfo module;
  uint64_t next = 0;
  return sys::FindUnwindInfo(address, &module) &&
         ComputeRules(address, TableOfModule(module), rules, &next) == NoRules::kNone;
}

}  // namespace pprof::signal_safe
