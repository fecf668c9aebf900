#include "profiler/profiles/heap/heap_support.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "profiler/signal_safe/heap/heap_sampler.h"
#include "profiler/signal_safe/thread_state.h"
#include "profiler/sys/modules/loaded_module.h"
#include "profiler/sys/process/environment.h"
#include "profiler/sys/process/made_once.h"
#include "profiler/sys/process/sanitizers.h"

// Whoever can collect a profile has this; see interpose/real_allocator.cpp.
extern "C" {
extern const char pprof_cpp_reads_profiles __attribute__((visibility("hidden")));
const char pprof_cpp_reads_profiles = 1;
}

namespace pprof::profiles {
namespace {

using sys::Definition;
using sys::LoadedModule;

constexpr size_t kProbeBytes = 64;

template <class Function>
Function* As(const Definition& definition) {
  return reinterpret_cast<Function*>(definition.address);
}

// Whether the process's malloc, which the C library calls, too, reaches the sampler. This module's
// own calls would say less: a linker option can bind them to its own malloc, while all others use
// another. The countdown is set to a value that the probe cannot exhaust, then restored: at short
// intervals it could be redrawn with its old value.
bool Counted(const Definition& malloc, const Definition& free) {
  constexpr uint64_t kFar = uint64_t{1} << 20;
  uint64_t& countdown = signal_safe::thread_state.bytes_left;
  const uint64_t before = countdown;
  countdown = kFar;
  void* block = As<void*(size_t)>(malloc)(kProbeBytes);
  const bool moved = countdown != kFar;
  countdown = before;
  As<void(void*)>(free)(block);
  return moved;
}

// Calls find() while no module is unloaded.
template <class Find>
auto WithModules(Find find) {
  decltype(find()) found{};
  std::pair<Find*, decltype(found)*> both{&find, &found};
  sys::WhileModulesStay(
      [](void* argument) {
        const auto& [call, result] = *static_cast<decltype(both)*>(argument);
        *result = (*call)();
      },
      &both);
  return found;
}

const char* SanitizerName() { return WithModules(&sys::FindSanitizer); }

bool UnderValgrind() {
  const char* preload = sys::FindEnvironment("LD_PRELOAD");
  return preload != nullptr && std::strstr(preload, "vgpreload_") != nullptr;
}

Status Unsupported(std::string message) {
  return {StatusCode::kUnsupported, "no heap profile: " + std::move(message)};
}

LoadedModule OwnModule() { return LoadedModule::Of(reinterpret_cast<const void*>(&UnderValgrind)); }

std::string PathOf(LoadedModule module) {
  return *module.path() == '\0' ? "the program itself" : module.path();
}

// Why the process's malloc is not the profiler's.
std::string WhyMissed() {
  const LoadedModule own = OwnModule();
  const LoadedModule definer = sys::FirstDefinition("malloc").module;
  if (definer == own) {
    return fmt::format("malloc is defined by {}, not by pprof-cpp. Link it without that allocator.",
                       PathOf(own));
  }
  if (own.Exported("malloc") == 0) {
    return fmt::format(
        "a linker option such as --exclude-libs or a version script hides pprof-cpp's malloc in "
        "{}, so all others call that of {}. Export malloc, free and their like, or start the "
        "program with LD_PRELOAD=libpprof_preload.so.",
        PathOf(own), PathOf(definer));
  }
  return fmt::format(
      "malloc resolves to {}, not to pprof-cpp. Link pprof::profiler into the executable before "
      "any other allocator, or start it with LD_PRELOAD=libpprof_preload.so.",
      PathOf(definer));
}

}  // namespace

Status CheckHeapSupport() {
  if (const char* sanitizer = SanitizerName()) {
    return Unsupported(fmt::format(
        "this program runs under {}, which brings its own allocator. Use a build without it.",
        sanitizer));
  }
  const auto find = [](const char* name) {
    return WithModules([name] { return sys::FirstDefinition(name); });
  };
  if (Counted(find("malloc"), find("free"))) return {};
  if (UnderValgrind()) {
    return Unsupported(
        "Valgrind has replaced the allocator. Run without Valgrind, or use its tool massif.");
  }
  return Unsupported(WithModules(&WhyMissed));
}

const Status& HeapSupport() {
  static sys::MadeOnce<const Status> support;  // never destroyed: atexit order
  return support.Get([] { return new Status(CheckHeapSupport()); });
}

std::string OperatorNewAnswer() {
  return WithModules([]() -> std::string {
    const Definition definition = sys::FirstDefinition("_Znwm");
    const void* own = signal_safe::heap_sampler.operator_new.load(std::memory_order_relaxed);
    const auto* found = reinterpret_cast<const void*>(definition.address);
    return !definition.module || found == own || own == nullptr ? "" : PathOf(definition.module);
  });
}

}  // namespace pprof::profiles
