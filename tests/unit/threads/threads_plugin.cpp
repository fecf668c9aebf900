// Uses CPU time in a module that is loaded by dlopen.
#include <atomic>

extern "C" __attribute__((noinline, visibility("default"))) void SpinInPlugin(
    const std::atomic<bool>& stop) {
  while (!stop.load(std::memory_order_relaxed)) {
    for (int i = 0; i < 1000; ++i) __asm__ volatile("" : : "r"(i));
  }
  __asm__ volatile("");
}
