// A plugin for tests of the unwinder: calls back through its own frames. The two versions have
// frames of different sizes, so that unwind rows of one are wrong for the other.
#include <cstddef>

namespace {

constexpr size_t kPadding = PLUGIN_VERSION == 1 ? 40 : 3000;

__attribute__((noinline)) int Middle(int depth, void (*callback)(void*), void* context) {
  volatile char padding[kPadding];
  __asm__ volatile("" : : "r"(padding));  // all of it is needed: else clang keeps one byte
  padding[0] = static_cast<char>(depth);
  if (depth > 0) return Middle(depth - 1, callback, context) + padding[0];
  callback(context);
  return padding[0];
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int PluginCall(void (*callback)(void*),
                                                                 void* context) {
  return Middle(5, callback, context) + 1;
}
