// Loaded and unloaded repeatedly; throws through its own frames.
#include <stdexcept>

namespace {

__attribute__((noinline)) int Deeper(int depth) {
  if (depth == 0) throw std::runtime_error("from the plugin");
  const int result = Deeper(depth - 1);
  __asm__ volatile("");
  return result + 1;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int ThrowInPlugin(int depth) {
  try {
    return Deeper(depth);
  } catch (const std::exception& error) {
    return static_cast<int>(error.what()[0]);
  }
}
