// Checks a stack found by guessing: frames of calls that returned and lists of addresses lie on
// stacks, too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pprof::profiles {

// Whether the code before an address is a call. Not async-signal-safe: ask for addresses of other
// threads.
bool IsReturnAddress(uintptr_t address);

enum class Credibility {
  kNone,
  kByTailCall,  // if the last known function was not called but jumped to; old frames look the same
  kByCall,
};

// Whether functions call each other as the stack says, from its `known` first addresses on, down to
// a function that nothing calls, or to where a `truncated` one was cut.
// REQUIRES: known > 0.
Credibility CredibilityOf(const std::vector<uintptr_t>& pcs, size_t known, bool truncated);

}  // namespace pprof::profiles
