// Where searches begin: memory that lives without being pointed to.
#pragma once

#include <cstdint>

namespace pprof::profiles::holders {

enum class RootKind : uint8_t {
  kGlobal,
  kThreadLocal,
  kStack,
  kRegister,
  kMapping,
  kSystem,  // globals of the loader and the C library
};

// Words from `begin` to before `end`, both multiples of 8.
struct Root {
  uint64_t begin = 0;
  uint64_t end = 0;
  RootKind kind = RootKind::kGlobal;
  int32_t owner = 0;  // index of the module, thread id, index of the mapping
};

// What a stronger kind of root reaches is not given to a weaker one: a request that runs refers to
// what a table holds.
enum class Strength : uint8_t {
  kLasting,  // globals, thread-locals
  kStacks,   // stacks, registers
  // Memory that the program mapped. Buffers and tables of the C library, which hold what was in
  // them before.
  kMapped,
  kWeak,  // anything, by words that may be pointers: tagged ones, and the ends of arrays
};

constexpr Strength StrengthOf(RootKind kind) {
  switch (kind) {
    case RootKind::kGlobal:
    case RootKind::kThreadLocal:
      return Strength::kLasting;
    case RootKind::kStack:
    case RootKind::kRegister:
      return Strength::kStacks;
    case RootKind::kMapping:
    case RootKind::kSystem:
      break;
  }
  return Strength::kMapped;
}

}  // namespace pprof::profiles::holders
