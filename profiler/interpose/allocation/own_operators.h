// Which of the operators that this module calls are its own, and which the program's.
#pragma once

namespace pprof::interpose {

// Those that the standard lets others call: each is true if the program has replaced it.
struct ReplacedOperators {
  bool new_one, new_array, new_aligned, new_array_aligned;
  bool delete_one, delete_array, delete_aligned, delete_array_aligned;
};
ReplacedOperators FindReplacedOperators() noexcept;

// operators.cpp's operator new, also where the program has replaced it.
const void* OwnOperatorNew() noexcept;
const void* OwnAlignedOperatorNew() noexcept;

// Makes the operators in `allocator` that the program has not replaced call those that it has, as
// the standard says. Without it a block of the program's own operator new[] could end in ours.
struct RealAllocator;
void ForwardReplacedOperators(RealAllocator* allocator) noexcept;

}  // namespace pprof::interpose
