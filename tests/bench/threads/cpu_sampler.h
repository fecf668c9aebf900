// The CPU profiler to measure, selected by the file that is linked.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pprof::bench {

// Address ranges of the two busy functions, defined by the linker.
extern "C" {
extern const char __start_hog1[], __stop_hog1[], __start_hog2[], __stop_hog2[];
}

struct Sampled {
  double cpu_seconds = 0;
  double hog1 = 0;  // seconds with the function in the stack
  double hog2 = 0;
  unsigned long lost = 0;

  // Adds a stack of `depth` addresses with its time.
  void Add(const uintptr_t* pcs, size_t depth, double seconds) {
    cpu_seconds += seconds;
    for (size_t i = 0; i < depth; ++i) {
      if (IsIn(pcs[i], __start_hog1, __stop_hog1)) {
        hog1 += seconds;
        return;
      }
      if (IsIn(pcs[i], __start_hog2, __stop_hog2)) {
        hog2 += seconds;
        return;
      }
    }
  }

 private:
  static bool IsIn(uintptr_t pc, const char* begin, const char* end) {
    return pc >= reinterpret_cast<uintptr_t>(begin) && pc < reinterpret_cast<uintptr_t>(end);
  }
};

// Samples all threads of the process at `hz`; aborts on errors.
void StartSampling(int hz);
Sampled StopSampling();

}  // namespace pprof::bench
