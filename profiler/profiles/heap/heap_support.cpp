#include "profiler/profiles/heap/heap_support.h"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include "profiler/signal_safe/thread_state.h"
#include "profiler/sys/modules/loaded_symbols.h"
#include "profiler/sys/process/environment.h"
#include "profiler/sys/process/made_once.h"

namespace pprof::profiles {
namespace {

constexpr size_t kProbeBytes = 64;

// Volatile pointers: the compiler may drop a malloc whose result is freed unused. The countdown is
// set to a value that the probe cannot exhaust, then restored: at short intervals it could be
// redrawn with its old value.
bool Counted(void* (*volatile allocate)(size_t), void (*volatile release)(void*)) {
  constexpr uint64_t kFar = uint64_t{1} << 20;
  uint64_t& countdown = signal_safe::thread_state.bytes_left;
  const uint64_t before = countdown;
  countdown = kFar;
  void* block = allocate(kProbeBytes);
  const bool moved = countdown != kFar;
  countdown = before;
  release(block);
  return moved;
}

const char* SanitizerName() {
  if (sys::IsSymbolLoaded("__asan_init")) return "AddressSanitizer";
  if (sys::IsSymbolLoaded("__tsan_init")) return "ThreadSanitizer";
  if (sys::IsSymbolLoaded("__msan_init")) return "MemorySanitizer";
  return nullptr;
}

bool UnderValgrind() {
  const char* preload = sys::FindEnvironment("LD_PRELOAD");
  return preload != nullptr && std::strstr(preload, "vgpreload_") != nullptr;
}

Status Unsupported(std::string message) {
  return {StatusCode::kUnsupported, "no heap profile: " + std::move(message)};
}

}  // namespace

Status CheckHeapSupport() {
  if (const char* sanitizer = SanitizerName()) {
    return Unsupported(fmt::format(
        "this program runs under {}, which brings its own allocator. Use a build without it.",
        sanitizer));
  }
  const bool malloc_counted = Counted(std::malloc, std::free);
  const bool new_counted = Counted(::operator new, ::operator delete);
  if (malloc_counted && new_counted) return {};
  if (UnderValgrind()) {
    return Unsupported(
        "Valgrind has replaced the allocator. Run without Valgrind, or use its tool massif.");
  }
  const char* missed = malloc_counted ? "operator new" : "malloc";
  const char* symbol = malloc_counted ? "_Znwm" : "malloc";
  return Unsupported(fmt::format(
      "{} resolves to {}, not to pprof-cpp. Link pprof::profiler into the executable before "
      "any other allocator, or start it with LD_PRELOAD=libpprof_preload.so.",
      missed, sys::FileOfSymbol(symbol)));
}

const Status& HeapSupport() {
  static sys::MadeOnce<const Status> support;  // never destroyed: atexit order
  return support.Get([] { return new Status(CheckHeapSupport()); });
}

}  // namespace pprof::profiles
