// Evaluates the DWARF expressions of unwind tables.
// Source: DWARF 5, section 2.5; section 6.4.2 lists the operations that tables may not use.
#pragma once

#include <cstdint>

#include "profiler/signal_safe/unwind/cfi/register_file.h"

namespace pprof::signal_safe {

// Reads `bytes` (1 to 8) of the unwound thread's memory. `load` returns false if it cannot.
// Async-signal-safe if `load` is.
struct MemoryReader {
  bool (*load)(void* memory, uintptr_t address, uintptr_t* value);
  void* memory;

  bool Load(uintptr_t address, uintptr_t* value) const { return load(memory, address, value); }
};

enum class Evaluation : uint8_t {
  kDone,
  kUnsupported,      // an operation that is not known, or too many
  kUnknownRegister,  // needs a register that the walk has lost
  kUnreadable,       // needs memory that cannot be read
};

// `expression`: the address of its length. `stack_top`: the number on the stack at the begin, or
// nullptr. Async-signal-safe if `memory` is.
Evaluation Evaluate(const uint8_t* expression, const RegisterFile& registers,
                    const MemoryReader& memory, const uintptr_t* stack_top, uintptr_t* result);

}  // namespace pprof::signal_safe
