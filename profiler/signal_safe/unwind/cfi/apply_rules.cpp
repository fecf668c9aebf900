#include "profiler/signal_safe/unwind/cfi/apply_rules.h"

namespace pprof::signal_safe {
namespace {

class Restoration {
 public:
  Restoration(const FrameRules& rules, const RegisterFile& frame, const MemoryReader& memory)
      : rules_(rules), frame_(frame), memory_(memory) {}

  Evaluation FindCfa() {
    if (rules_.cfa_is_expression) {
      return Evaluate(rules_.base + rules_.cfa_expression, frame_, memory_, nullptr, &cfa_);
    }
    if (!frame_.Knows(rules_.cfa_register)) return Evaluation::kUnknownRegister;
    cfa_ = frame_.values[rules_.cfa_register] + static_cast<uintptr_t>(rules_.cfa_offset);
    return Evaluation::kDone;
  }

  Evaluation Restore(int number, uintptr_t* value) const {
    const int32_t operand = rules_.values[number];
    switch (rules_.rules[number]) {
      case RegisterRule::kUndefined:
        return Evaluation::kUnknownRegister;
      case RegisterRule::kOffset:
        return Load(cfa_ + static_cast<uintptr_t>(intptr_t{operand}), value);
      case RegisterRule::kValOffset:
        *value = cfa_ + static_cast<uintptr_t>(intptr_t{operand});
        return Evaluation::kDone;
      case RegisterRule::kRegister:
        return Take(static_cast<uint32_t>(operand), value);
      case RegisterRule::kExpression:
      case RegisterRule::kValExpression:
        return RestoreByExpression(number, value);
      default:  // kUnspecified, kSame
        return TakeUntouched(number, value);
    }
  }

 private:
  Evaluation RestoreByExpression(int number, uintptr_t* value) const {
    const uint8_t* expression = rules_.base + rules_.values[number];
    const Evaluation result = Evaluate(expression, frame_, memory_, &cfa_, value);
    const bool is_address = rules_.rules[number] == RegisterRule::kExpression;
    return result == Evaluation::kDone && is_address ? Load(*value, value) : result;
  }

  // The caller's stack pointer is the CFA, by definition. A return address has no such default.
  Evaluation TakeUntouched(int number, uintptr_t* value) const {
    if (number == dwarf_register::kReturnAddress) return Evaluation::kUnsupported;
    if (number != dwarf_register::kRsp) return Take(static_cast<uint64_t>(number), value);
    *value = cfa_;
    return Evaluation::kDone;
  }

  Evaluation Take(uint64_t number, uintptr_t* value) const {
    if (!frame_.Knows(number)) return Evaluation::kUnknownRegister;
    *value = frame_.values[number];
    return Evaluation::kDone;
  }

  Evaluation Load(uintptr_t address, uintptr_t* value) const {
    return memory_.Load(address, value) ? Evaluation::kDone : Evaluation::kUnreadable;
  }

  const FrameRules& rules_;
  const RegisterFile& frame_;
  const MemoryReader& memory_;
  uintptr_t cfa_ = 0;
};

}  // namespace

Evaluation ApplyRules(const FrameRules& rules, const RegisterFile& frame,
                      const MemoryReader& memory, RegisterFile* caller) {
  Restoration restoration(rules, frame, memory);
  Evaluation result = restoration.FindCfa();
  caller->known = 0;
  for (int number = 0; number < dwarf_register::kCount && result == Evaluation::kDone; ++number) {
    uintptr_t value = 0;
    const Evaluation one = restoration.Restore(number, &value);
    if (one == Evaluation::kDone) caller->Set(number, value);
    const bool is_needed =
        number == dwarf_register::kRsp || number == dwarf_register::kReturnAddress;
    if (is_needed) result = one;
  }
  return result;
}

}  // namespace pprof::signal_safe
