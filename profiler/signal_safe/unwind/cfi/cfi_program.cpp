#include "profiler/signal_safe/unwind/cfi/cfi_program.h"

#include "profiler/signal_safe/unwind/cfi/cfi_opcodes.h"

namespace pprof::signal_safe {
namespace {

using namespace cfi_opcode;  // NOLINT: numbers only

constexpr int kDeepestRemember = 8;

bool FitsInt32(int64_t value) { return value == static_cast<int32_t>(value); }

// Without a sign: a hostile number may overflow.
int64_t Product(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

class Interpreter {
 public:
  Interpreter(const CfiProgram& program, const FrameRules& initial, FrameRules* rules)
      : factors_(program.factors),
        in_(program.instructions),
        location_(program.start),
        pc_(program.pc),
        initial_(initial),
        rules_(*rules) {}

  NoRules Run(uint64_t* next) {
    while (!in_.AtEnd() && problem_ == NoRules::kNone) {
      Step(in_.U8());
      if (location_ <= pc_) continue;
      *next = location_;
      break;
    }
    return problem_ == NoRules::kNone && !in_.ok() ? NoRules::kBadRecord : problem_;
  }

 private:
  void Step(uint8_t op) {
    const uint8_t operand = op & 0x3F;
    switch (op & 0xC0) {
      case kAdvance:
        return Advance(operand);
      case kOffset:
        return SetFactored(operand, RegisterRule::kOffset, static_cast<int64_t>(in_.Uleb()));
      case kRestore:
        return Restore(operand);
      default:
        return Extended(op);
    }
  }

  void Extended(uint8_t op) {
    switch (op) {
      case kNop:
        return;
      case kSetLoc:
        location_ = in_.Pointer(factors_.pointer_encoding);
        return;
      case kAdvance1:
        return Advance(in_.U8());
      case kAdvance2:
        return Advance(in_.U16());
      case kAdvance4:
        return Advance(in_.U32());
      case kRememberState:
        return Remember();
      case kRestoreState:
        return Recall();
      case kGnuArgsSize:
        in_.Uleb();
        return;
      default:
        return IsOfCfa(op) ? ChangeCfa(op) : ChangeRegister(op);
    }
  }

  static bool IsOfCfa(uint8_t op) {
    return (op >= kDefCfa && op <= kDefCfaExpression) || op == kDefCfaSf || op == kDefCfaOffsetSf;
  }

  void ChangeRegister(uint8_t op) {
    const uint64_t number = in_.Uleb();
    switch (op) {
      case kOffsetExtended:
        return SetFactored(number, RegisterRule::kOffset, static_cast<int64_t>(in_.Uleb()));
      case kOffsetExtendedSf:
        return SetFactored(number, RegisterRule::kOffset, in_.Sleb());
      case kGnuNegativeOffsetExtended:
        return SetFactored(number, RegisterRule::kOffset, -static_cast<int64_t>(in_.Uleb()));
      case kValOffset:
        return SetFactored(number, RegisterRule::kValOffset, static_cast<int64_t>(in_.Uleb()));
      case kValOffsetSf:
        return SetFactored(number, RegisterRule::kValOffset, in_.Sleb());
      case kRestoreExtended:
        return Restore(number);
      case kUndefined:
        return Set(number, RegisterRule::kUndefined, 0);
      case kSameValue:
        return Set(number, RegisterRule::kSame, 0);
      case kRegister:
        return Set(number, RegisterRule::kRegister, static_cast<int64_t>(in_.Uleb()));
      case kExpression:
        return Set(number, RegisterRule::kExpression, TakeExpression());
      case kValExpression:
        return Set(number, RegisterRule::kValExpression, TakeExpression());
      default:
        problem_ = NoRules::kInstruction;
    }
  }

  void ChangeCfa(uint8_t op) {
    switch (op) {
      case kDefCfa:
        SetCfaRegister(in_.Uleb());
        rules_.cfa_offset = static_cast<int64_t>(in_.Uleb());
        return;
      case kDefCfaSf:
        SetCfaRegister(in_.Uleb());
        rules_.cfa_offset = Product(in_.Sleb(), factors_.data);
        return;
      case kDefCfaRegister:
        return SetCfaRegister(in_.Uleb());
      case kDefCfaOffset:
        rules_.cfa_offset = static_cast<int64_t>(in_.Uleb());
        return;
      case kDefCfaOffsetSf:
        rules_.cfa_offset = Product(in_.Sleb(), factors_.data);
        return;
      default:  // kDefCfaExpression
        rules_.cfa_expression = static_cast<int32_t>(TakeExpression());
        rules_.has_cfa = rules_.cfa_is_expression = true;
    }
  }

  void SetCfaRegister(uint64_t number) {
    if (number >= dwarf_register::kReturnAddress) problem_ = NoRules::kBadRecord;
    rules_.cfa_register = static_cast<uint8_t>(number);
    rules_.has_cfa = true;
    rules_.cfa_is_expression = false;
  }

  void Advance(uint64_t delta) { location_ += delta * factors_.code; }

  void SetFactored(uint64_t number, RegisterRule rule, int64_t factored) {
    Set(number, rule, Product(factored, factors_.data));
  }

  // The rules of further registers (vectors, flags, segments) have no use in a walk.
  void Set(uint64_t number, RegisterRule rule, int64_t value) {
    if (number >= dwarf_register::kCount) return;
    if (!FitsInt32(value)) problem_ = NoRules::kBadRecord;
    rules_.rules[number] = rule;
    rules_.values[number] = static_cast<int32_t>(value);
  }

  void Restore(uint64_t number) {
    if (number >= dwarf_register::kCount) return;
    Set(number, initial_.rules[number], initial_.values[number]);
  }

  // The distance of the expression's length from the rules' base.
  int64_t TakeExpression() {
    const int64_t distance = in_.position() - rules_.base;
    in_.Skip(in_.Uleb());
    if (!in_.ok() || !FitsInt32(distance)) problem_ = NoRules::kBadRecord;
    return in_.ok() && FitsInt32(distance) ? distance : 0;
  }

  void Remember() {
    if (remembered_ == kDeepestRemember) {
      problem_ = NoRules::kRemember;
    } else {
      stack_[remembered_++] = rules_;
    }
  }

  void Recall() {
    if (remembered_ == 0) {
      problem_ = NoRules::kBadRecord;
    } else {
      rules_ = stack_[--remembered_];
    }
  }

  const CfiFactors factors_;
  CfiReader in_;
  uint64_t location_;
  const uint64_t pc_;
  const FrameRules& initial_;
  FrameRules& rules_;
  NoRules problem_ = NoRules::kNone;
  int remembered_ = 0;
  FrameRules stack_[kDeepestRemember];
};

}  // namespace

NoRules RunCfi(const CfiProgram& program, const FrameRules& initial, FrameRules* rules,
               uint64_t* next) {
  return Interpreter(program, initial, rules).Run(next);
}

}  // namespace pprof::signal_safe
