// A module with a variable that holds memory, until it is closed.
// NOLINTBEGIN(readability-identifier-naming): looked up by name

#include <cstddef>

extern "C" {
extern void* pprof_test_slots[];
__attribute__((visibility("default"))) void* pprof_test_slots[100];
}

// The name of a function that keeps the linker from leaving the module out, and of no other use.
extern "C" __attribute__((visibility("default"))) size_t pprof_test_slot_count() {
  return sizeof pprof_test_slots / sizeof pprof_test_slots[0];
}

// NOLINTEND(readability-identifier-naming)
