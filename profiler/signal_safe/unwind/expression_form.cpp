// Finds out what an expression computes by two evaluations with registers far apart: a result near
// one of them is that register plus an offset.
#include "profiler/signal_safe/unwind/cfi/expression.h"
#include "profiler/signal_safe/unwind/row_of_rules.h"

namespace pprof::signal_safe {
namespace {

constexpr int kSpaceBits = 40;                        // between two registers
constexpr int kLoaded = dwarf_register::kCount;       // stands for a value from memory
constexpr int kNothing = dwarf_register::kCount + 1;  // no register is near

// One evaluation. `salt` differs in all its low bits between the two, or an expression that masks
// them could be mistaken for an offset.
class Probe {
 public:
  Probe(uintptr_t salt, uintptr_t pc) : salt_(salt) {
    for (int i = 0; i < dwarf_register::kReturnAddress; ++i) registers_.Set(i, ValueOf(i));
    registers_.Set(dwarf_register::kReturnAddress, pc);
  }

  bool Run(const uint8_t* expression, ExpressionForm* form) {
    uintptr_t result = 0;
    const MemoryReader memory{&Load, this};
    if (Evaluate(expression, registers_, memory, nullptr, &result) != Evaluation::kDone) {
      return false;
    }
    int64_t offset = 0;
    const int base = BaseOf(result, &offset);
    form->deref = base == kLoaded;
    if (!form->deref) {
      form->base = base;
      form->offset = offset;
      return base != kNothing && loads_ == 0;
    }
    form->addend = offset;
    form->base = BaseOf(loaded_from_, &form->offset);
    return form->base < dwarf_register::kReturnAddress && loads_ == 1;
  }

 private:
  static bool Load(void* self, uintptr_t address, uintptr_t* value) {
    auto& probe = *static_cast<Probe*>(self);
    probe.loaded_from_ = address;
    ++probe.loads_;
    *value = probe.ValueOf(kLoaded);
    return true;
  }

  uintptr_t ValueOf(int number) const {
    return (static_cast<uintptr_t>(number + 1) << kSpaceBits) + salt_;
  }

  int BaseOf(uintptr_t value, int64_t* offset) const {
    constexpr uintptr_t kHalf = uintptr_t{1} << (kSpaceBits - 1);
    const uintptr_t number = ((value - salt_ + kHalf) >> kSpaceBits) - 1;
    if (number > kLoaded || number == dwarf_register::kReturnAddress) return kNothing;
    *offset = static_cast<int64_t>(value - ValueOf(static_cast<int>(number)));
    return static_cast<int>(number);
  }

  const uintptr_t salt_;
  RegisterFile registers_;
  uintptr_t loaded_from_ = 0;
  int loads_ = 0;
};

}  // namespace

bool FormOfExpression(const uint8_t* expression, uintptr_t pc, ExpressionForm* form) {
  constexpr uintptr_t kSalt = 0x5555550;
  constexpr uintptr_t kOtherSalt = 0x2AAAAAF;
  ExpressionForm again;
  return Probe(kSalt, pc).Run(expression, form) && Probe(kOtherSalt, pc).Run(expression, &again) &&
         form->base == again.base && form->deref == again.deref && form->offset == again.offset &&
         form->addend == again.addend;
}

}  // namespace pprof::signal_safe
