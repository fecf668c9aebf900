#include "profiler/signal_safe/unwind/row_of_rules.h"

#include "profiler/sys/thread/signal_context.h"

namespace pprof::signal_safe {
namespace {

using namespace dwarf_register;  // NOLINT: numbers only

class Reduction {
 public:
  Reduction(const FrameRules& rules, uintptr_t pc) : rules_(rules), pc_(pc) {}

  UnwindRow Row() {
    if (rules_.rules[kReturnAddress] == RegisterRule::kUndefined) row_.cfa = CfaRule::kEndOfStack;
    if (row_.cfa == CfaRule::kEndOfStack) return row_;
    const bool fits = rules_.signal_frame ? IsKernelsFrame()
                                          : HasUsualReturn() && ReduceCfa() &&
                                                Reduce(kRbp, &row_.rbp) && Reduce(kRbx, &row_.rbx);
    return fits && FitsPacked(row_) ? row_ : UnwindRow{};
  }

 private:
  ExpressionForm FormOf(int32_t expression, bool* known) const {
    ExpressionForm form;
    *known = FormOfExpression(rules_.base + expression, pc_, &form);
    return form;
  }

  // The kernel's ucontext at the stack pointer, whose layout is fixed.
  bool IsKernelsFrame() {
    bool cfa_known = rules_.cfa_is_expression;
    bool pc_known = rules_.rules[kReturnAddress] == RegisterRule::kExpression;
    if (!cfa_known || !pc_known) return false;
    const ExpressionForm cfa = FormOf(rules_.cfa_expression, &cfa_known);
    const ExpressionForm pc = FormOf(rules_.values[kReturnAddress], &pc_known);
    row_.cfa = CfaRule::kSignal;
    return cfa_known && pc_known && cfa.base == kRsp && cfa.deref && cfa.addend == 0 &&
           cfa.offset == static_cast<int64_t>(sys::ContextOffset(kRsp)) && pc.base == kRsp &&
           !pc.deref && pc.offset == static_cast<int64_t>(sys::ContextOffset(kReturnAddress));
  }

  bool HasUsualReturn() const {
    const RegisterRule rsp = rules_.rules[kRsp];
    const bool is_cfa = rsp == RegisterRule::kUnspecified || rsp == RegisterRule::kSame ||
                        (rsp == RegisterRule::kValOffset && rules_.values[kRsp] == 0);
    return is_cfa && rules_.rules[kReturnAddress] == RegisterRule::kOffset &&
           rules_.values[kReturnAddress] == -8;
  }

  bool ReduceCfa() {
    ExpressionForm form{rules_.cfa_register, false, rules_.cfa_offset, 0};
    bool known = true;
    if (rules_.cfa_is_expression) form = FormOf(rules_.cfa_expression, &known);
    row_.base = static_cast<uint8_t>(form.base);
    row_.cfa = form.deref          ? CfaRule::kDeref
               : form.base == kRsp ? CfaRule::kStack
               : form.base == kRbp ? CfaRule::kRbp
                                   : CfaRule::kRegister;
    row_.offset = static_cast<int32_t>(form.offset);
    row_.addend = static_cast<int32_t>(form.addend);
    return known && form.offset == row_.offset && form.addend == row_.addend;
  }

  bool Reduce(int number, SavedRegister* saved) const {
    const int32_t value = rules_.values[number];
    switch (rules_.rules[number]) {
      case RegisterRule::kUnspecified:
      case RegisterRule::kSame:
        return true;
      case RegisterRule::kUndefined:
        saved->rule = Saved::kLost;
        return true;
      case RegisterRule::kOffset:
        *saved = {Saved::kAtCfa, value};
        return true;
      case RegisterRule::kExpression:
        return ReduceExpression(value, saved);
      default:
        return false;
    }
  }

  bool ReduceExpression(int32_t expression, SavedRegister* saved) const {
    bool known = false;
    const ExpressionForm form = FormOf(expression, &known);
    const bool at_rbp = form.base == kRbp;
    const bool at_cfa = form.base == row_.base && row_.cfa != CfaRule::kDeref;
    const int64_t offset = at_rbp ? form.offset : form.offset - row_.offset;
    *saved = {at_rbp ? Saved::kAtRbp : Saved::kAtCfa, static_cast<int32_t>(offset)};
    return known && !form.deref && (at_rbp || at_cfa) && offset == saved->offset;
  }

  const FrameRules& rules_;
  const uintptr_t pc_;
  UnwindRow row_;
};

}  // namespace

UnwindRow RowOfRules(const FrameRules& rules, uintptr_t pc) { return Reduction(rules, pc).Row(); }

}  // namespace pprof::signal_safe
