// A module that locks in its constructor, its destructor and a function.
#include <mutex>

namespace {

std::mutex mutex;

__attribute__((constructor)) void Begin() { const std::lock_guard<std::mutex> lock(mutex); }
__attribute__((destructor)) void End() { const std::lock_guard<std::mutex> lock(mutex); }

}  // namespace

extern "C" __attribute__((visibility("default"))) void LockSharedMutex(std::mutex* shared) {
  const std::lock_guard<std::mutex> own(mutex);
  const std::lock_guard<std::mutex> lock(*shared);
  for (int i = 0; i < 200; ++i) __asm__ volatile("pause");
}
