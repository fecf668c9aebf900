#include "profiler/signal_safe/unwind/cfi_program.h"

namespace pprof::signal_safe {
namespace {

using namespace dwarf_register;  // NOLINT(google-build-using-namespace): numbers only

// DW_CFA_* (DWARF 5, table 7.29).
enum : uint8_t {
  kNop = 0x00,
  kSetLoc = 0x01,
  kAdvance1 = 0x02,
  kAdvance2 = 0x03,
  kAdvance4 = 0x04,
  kOffsetExtended = 0x05,
  kRestoreExtended = 0x06,
  kUndefined = 0x07,
  kSameValue = 0x08,
  kRegister = 0x09,
  kRememberState = 0x0A,
  kRestoreState = 0x0B,
  kDefCfa = 0x0C,
  kDefCfaRegister = 0x0D,
  kDefCfaOffset = 0x0E,
  kDefCfaExpression = 0x0F,
  kExpression = 0x10,
  kOffsetExtendedSf = 0x11,
  kDefCfaSf = 0x12,
  kDefCfaOffsetSf = 0x13,
  kValOffset = 0x14,
  kValOffsetSf = 0x15,
  kValExpression = 0x16,
  kGnuArgsSize = 0x2E,
  kAdvance = 0x40,
  kOffset = 0x80,
  kRestore = 0xC0,
};

constexpr uint8_t kOpBreg6 = 0x76;  // DW_OP_breg6: rbp + n
constexpr uint8_t kOpBreg7 = 0x77;  // DW_OP_breg7: rsp + n
constexpr uint8_t kOpDeref = 0x06;  // DW_OP_deref
constexpr int kDeepestRemember = 8;

class Interpreter {
 public:
  Interpreter(const CfiCommon& common, CfiReader reader, uint64_t location, uint64_t pc,
              const CfiState& initial, CfiState* state)
      : common_(common),
        in_(reader),
        location_(location),
        pc_(pc),
        initial_(initial),
        state_(*state) {}

  bool Run() {
    while (!in_.AtEnd() && location_ <= pc_) {
      if (!Step(in_.U8())) return false;
    }
    return in_.ok();
  }

 private:
  bool Step(uint8_t op) {
    const uint8_t operand = op & 0x3F;
    switch (op & 0xC0) {
      case kAdvance:
        return Advance(operand);
      case kOffset:
        return SetOffset(operand, static_cast<int64_t>(in_.Uleb()));
      case kRestore:
        return Restore(operand);
      default:
        return Extended(op);
    }
  }

  bool Extended(uint8_t op) {
    switch (op) {
      case kNop:
        return true;
      case kSetLoc:
        location_ = in_.Pointer(common_.pointer_encoding);
        return true;
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
        return true;
      default:
        return op < kDefCfa || op == kExpression || op == kOffsetExtendedSf ||
                       (op >= kValOffset && op <= kValExpression)
                   ? RegisterRule(op)
                   : CfaRuleChange(op);
    }
  }

  bool RegisterRule(uint8_t op) {
    const uint64_t reg = in_.Uleb();
    switch (op) {
      case kOffsetExtended:
        return SetOffset(reg, static_cast<int64_t>(in_.Uleb()));
      case kOffsetExtendedSf:
        return SetOffset(reg, in_.Sleb());
      case kRestoreExtended:
        return Restore(reg);
      case kUndefined:
        return Undefine(reg);
      case kSameValue:
        return Set(reg, {Saved::kSame, 0});
      case kExpression:
        return SetExpression(reg);
      case kRegister:
      case kValOffset:
        in_.Uleb();
        return Set(reg, {Saved::kUnknown, 0});
      case kValOffsetSf:
        in_.Sleb();
        return Set(reg, {Saved::kUnknown, 0});
      case kValExpression:
        in_.Skip(in_.Uleb());
        return Set(reg, {Saved::kUnknown, 0});
      default:
        return false;
    }
  }

  bool CfaRuleChange(uint8_t op) {
    switch (op) {
      case kDefCfa:
        SetCfaRegister(in_.Uleb());
        return SetCfaOffset(static_cast<int64_t>(in_.Uleb()));
      case kDefCfaSf:
        SetCfaRegister(in_.Uleb());
        return SetCfaOffset(in_.Sleb() * common_.data_alignment);
      case kDefCfaRegister:
        return SetCfaRegister(in_.Uleb());
      case kDefCfaOffset:
        return SetCfaOffset(static_cast<int64_t>(in_.Uleb()));
      case kDefCfaOffsetSf:
        return SetCfaOffset(in_.Sleb() * common_.data_alignment);
      case kDefCfaExpression:
        return SetCfaExpression();
      default:
        return false;
    }
  }

  bool Advance(uint64_t delta) {
    location_ += delta * common_.code_alignment;
    return true;
  }

  bool Set(uint64_t reg, SavedRegister saved) {
    if (reg == kRbp) state_.rbp = saved;
    if (reg == kRbx) state_.rbx = saved;
    return reg != kReturnAddress || saved.rule != Saved::kUnknown;
  }

  bool SetOffset(uint64_t reg, int64_t factored) {
    const int64_t offset = factored * common_.data_alignment;
    if (reg == kReturnAddress) {
      state_.return_address_undefined = false;
      return offset == -8;  // anything else is not a frame of this ABI
    }
    return Set(reg, {Saved::kAtCfa, static_cast<int32_t>(offset)});
  }

  bool Restore(uint64_t reg) {
    if (reg == kReturnAddress) state_.return_address_undefined = initial_.return_address_undefined;
    return Set(reg, reg == kRbp ? initial_.rbp : initial_.rbx);
  }

  bool Undefine(uint64_t reg) {
    if (reg == kReturnAddress) state_.return_address_undefined = true;
    return reg == kReturnAddress || Set(reg, {Saved::kUnknown, 0});
  }

  // Of general expressions only "at rbp + 0" is supported: realigned stacks.
  bool SetExpression(uint64_t reg) {
    const uint64_t length = in_.Uleb();
    CfiReader expression(in_.position(), in_.end());
    in_.Skip(length);
    const bool at_rbp = length == 2 && expression.U8() == kOpBreg6 && expression.Sleb() == 0;
    return Set(reg, {at_rbp ? Saved::kAtRbp : Saved::kUnknown, 0});
  }

  bool SetCfaRegister(uint64_t reg) {
    state_.cfa_register = reg;
    state_.cfa = reg == kRsp   ? CfaRule::kStack
                 : reg == kRbp ? CfaRule::kRbp
                 : reg == kRbx ? CfaRule::kRbx
                 : reg == kR10 ? CfaRule::kR10
                               : CfaRule::kUnknown;
    return true;
  }

  bool SetCfaOffset(int64_t offset) {
    state_.cfa_offset = offset;
    return true;
  }

  // Two forms occur in practice: "*(rbp + n)", and that of the PLT: rsp + 8, plus 8 from the
  // eleventh byte of a 16-byte entry on. The latter depends only on the address.
  bool SetCfaExpression() {
    const uint64_t length = in_.Uleb();
    const uint8_t* begin = in_.position();
    CfiReader expression(begin, in_.end());
    in_.Skip(length);
    if (!in_.ok() || length < 3) return false;
    const uint8_t first = expression.U8();
    const int64_t offset = expression.Sleb();
    if (first == kOpBreg6 && begin[length - 1] == kOpDeref &&
        expression.position() == begin + length - 1) {
      state_.cfa = CfaRule::kDerefRbp;
      state_.cfa_offset = offset;
      return true;
    }
    constexpr uint64_t kPltLength = 11;
    if (first == kOpBreg7 && length == kPltLength && offset == 8) {
      state_.cfa = CfaRule::kStack;
      state_.cfa_register = kRsp;
      state_.cfa_offset = (pc_ & 15) >= 11 ? 16 : 8;
      return true;
    }
    state_.cfa = CfaRule::kUnknown;
    return true;
  }

  bool Remember() {
    if (remembered_ == kDeepestRemember) return false;
    stack_[remembered_++] = state_;
    return true;
  }

  bool Recall() {
    if (remembered_ == 0) return false;
    state_ = stack_[--remembered_];
    return true;
  }

  const CfiCommon& common_;
  CfiReader in_;
  uint64_t location_;
  const uint64_t pc_;
  const CfiState& initial_;
  CfiState& state_;
  CfiState stack_[kDeepestRemember];
  int remembered_ = 0;
};

}  // namespace

bool RunCfi(const CfiCommon& common, CfiReader instructions, uint64_t start, uint64_t pc,
            const CfiState& initial, CfiState* state) {
  return Interpreter(common, instructions, start, pc, initial, state).Run();
}

}  // namespace pprof::signal_safe
