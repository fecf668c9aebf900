#include "profiler/signal_safe/unwind/cfi/expression.h"

#include "profiler/signal_safe/unwind/cfi/cfi_reader.h"
#include "profiler/signal_safe/unwind/cfi/expression_opcodes.h"

namespace pprof::signal_safe {
namespace {

using namespace expression_opcode;  // NOLINT: numbers only

constexpr int kDeepest = 16;
constexpr int kMostSteps = 256;  // branches may go back

class Machine {
 public:
  Machine(CfiReader code, const RegisterFile& registers, const MemoryReader& memory)
      : begin_(code.position()), in_(code), registers_(registers), memory_(memory) {}

  void Push(uint64_t value) {
    if (depth_ == kDeepest) return Fail(Evaluation::kUnsupported);
    stack_[depth_++] = value;
  }

  Evaluation Run(uintptr_t* result) {
    for (int steps = 0; !in_.AtEnd() && state_ == Evaluation::kDone; ++steps) {
      if (steps == kMostSteps) Fail(Evaluation::kUnsupported);
      Step(in_.U8());
    }
    *result = Pop();
    return in_.ok() ? state_ : Evaluation::kUnsupported;
  }

 private:
  void Step(uint8_t op) {
    if (op >= kLit0 && op <= kLit31) return Push(op - kLit0);
    if (op >= kBreg0 && op <= kBreg31) return PushRegister(op - kBreg0);
    if (op >= kConst1u && op <= kConsts) return PushConstant(op);
    if (op >= kDup && op <= kRot) return Shuffle(op);
    if (op == kAbs || op == kNeg || op == kNot || op == kPlusUconst) return Unary(op);
    if ((op >= kAnd && op <= kXor) || (op >= kEq && op <= kNe)) return Binary(op);
    switch (op) {
      case kAddr:
        return Push(in_.U64());
      case kBregx:
        return PushRegister(in_.Uleb());
      case kDeref:
        return Dereference(sizeof(uint64_t));
      case kDerefSize:
        return Dereference(in_.U8());
      case kSkip:
        return Branch(true);
      case kBra:
        return Branch(Pop() != 0);
      case kNop:
        return;
      default:
        Fail(Evaluation::kUnsupported);
    }
  }

  void PushConstant(uint8_t op) {
    switch (op) {
      case kConst1u:
        return Push(in_.U8());
      case kConst1s:
        return PushSigned(static_cast<int8_t>(in_.U8()));
      case kConst2u:
        return Push(in_.U16());
      case kConst2s:
        return PushSigned(static_cast<int16_t>(in_.U16()));
      case kConst4u:
        return Push(in_.U32());
      case kConst4s:
        return PushSigned(static_cast<int32_t>(in_.U32()));
      case kConstu:
        return Push(in_.Uleb());
      case kConsts:
        return PushSigned(in_.Sleb());
      default:  // kConst8u, kConst8s
        return Push(in_.U64());
    }
  }

  void PushRegister(uint64_t number) {
    const int64_t offset = in_.Sleb();
    if (!registers_.Knows(number)) return Fail(Evaluation::kUnknownRegister);
    Push(registers_.values[number] + static_cast<uint64_t>(offset));
  }

  void Shuffle(uint8_t op) {
    switch (op) {
      case kDup:
        return Pick(0);
      case kDrop:
        Pop();
        return;
      case kOver:
        return Pick(1);
      case kPick:
        return Pick(in_.U8());
      default:
        return Rotate(op == kSwap ? 2 : 3);
    }
  }

  void Pick(int index) {
    if (index >= depth_) return Fail(Evaluation::kUnsupported);
    Push(stack_[depth_ - 1 - index]);
  }

  // Moves the top entry below the `count` - 1 next ones.
  void Rotate(int count) {
    if (count > depth_) return Fail(Evaluation::kUnsupported);
    const uint64_t top = stack_[depth_ - 1];
    for (int i = 1; i < count; ++i) stack_[depth_ - i] = stack_[depth_ - i - 1];
    stack_[depth_ - count] = top;
  }

  void Unary(uint8_t op) {
    const uint64_t value = Pop();
    switch (op) {
      case kAbs:
        return Push(static_cast<int64_t>(value) < 0 ? -value : value);
      case kNeg:
        return Push(-value);
      case kNot:
        return Push(~value);
      default:
        return Push(value + in_.Uleb());
    }
  }

  void Binary(uint8_t op) {
    const uint64_t right = Pop();
    const uint64_t left = Pop();
    if (op >= kEq) {
      return Push(Compare(op, static_cast<int64_t>(left), static_cast<int64_t>(right)));
    }
    if ((op == kDiv || op == kMod) && right == 0) return Fail(Evaluation::kUnsupported);
    Push(Calculate(op, left, right));
  }

  static bool Compare(uint8_t op, int64_t left, int64_t right) {
    switch (op) {
      case kEq:
        return left == right;
      case kGe:
        return left >= right;
      case kGt:
        return left > right;
      case kLe:
        return left <= right;
      case kLt:
        return left < right;
      default:
        return left != right;
    }
  }

  static uint64_t Calculate(uint8_t op, uint64_t left, uint64_t right) {
    switch (op) {
      case kAnd:
        return left & right;
      case kDiv:  // the one quotient that does not fit wraps around
        return right == UINT64_MAX ? -left
                                   : static_cast<uint64_t>(static_cast<int64_t>(left) /
                                                           static_cast<int64_t>(right));
      case kMinus:
        return left - right;
      case kMod:
        return left % right;
      case kMul:
        return left * right;
      case kOr:
        return left | right;
      case kPlus:
        return left + right;
      case kXor:
        return left ^ right;
      default:
        return Shift(op, left, right);
    }
  }

  static uint64_t Shift(uint8_t op, uint64_t left, uint64_t right) {
    const bool all = right >= 64;
    if (op == kShl) return all ? 0 : left << right;
    if (op == kShr) return all ? 0 : left >> right;
    return static_cast<uint64_t>(static_cast<int64_t>(left) >> (all ? 63 : right));
  }

  void Dereference(unsigned bytes) {
    if (bytes == 0 || bytes > sizeof(uint64_t)) return Fail(Evaluation::kUnsupported);
    const uint64_t address = Pop();
    uintptr_t value = 0;
    if (state_ != Evaluation::kDone) return;
    if (!memory_.Load(address, &value)) return Fail(Evaluation::kUnreadable);
    Push(bytes == sizeof value ? value : value & ((uint64_t{1} << 8 * bytes) - 1));
  }

  void Branch(bool taken) {
    const auto distance = static_cast<int16_t>(in_.U16());
    if (!taken) return;
    const uint8_t* target = in_.position() + distance;
    if (target < begin_ || target > in_.end()) return Fail(Evaluation::kUnsupported);
    in_ = CfiReader(target, in_.end());
  }

  void PushSigned(int64_t value) { Push(static_cast<uint64_t>(value)); }

  uint64_t Pop() {
    if (depth_ > 0) return stack_[--depth_];
    Fail(Evaluation::kUnsupported);
    return 0;
  }

  // The first problem counts.
  void Fail(Evaluation why) {
    if (state_ == Evaluation::kDone) state_ = why;
  }

  const uint8_t* const begin_;
  CfiReader in_;
  const RegisterFile& registers_;
  const MemoryReader& memory_;
  Evaluation state_ = Evaluation::kDone;
  int depth_ = 0;
  uint64_t stack_[kDeepest];
};

// RunCfi has checked that the whole expression is within its record.
CfiReader CodeOf(const uint8_t* expression) {
  constexpr int kLongestLength = 10;
  CfiReader length(expression, expression + kLongestLength);
  const uint64_t bytes = length.Uleb();
  return {length.position(), length.position() + bytes};
}

}  // namespace

Evaluation Evaluate(const uint8_t* expression, const RegisterFile& registers,
                    const MemoryReader& memory, const uintptr_t* stack_top, uintptr_t* result) {
  Machine machine(CodeOf(expression), registers, memory);
  if (stack_top != nullptr) machine.Push(*stack_top);
  return machine.Run(result);
}

}  // namespace pprof::signal_safe
