#include <unistd.h>

#include <cstdint>
#include <cstring>

#include "profiler/sys/process/environment.h"

// ld.so's record of the start of the main thread's stack.
extern "C" void* __libc_stack_end;  // NOLINT(readability-identifier-naming): ld.so's name

namespace pprof::sys {

namespace {

// As the kernel laid it out: the number of arguments, they, nullptr, and the environment. The
// dynamic linker allocates before it tells the C library.
char** FirstBlock() {
  auto** const words = static_cast<char**>(__libc_stack_end);
  const auto arguments = reinterpret_cast<intptr_t>(words[0]);
  constexpr intptr_t kMost = 1 << 22;
  const bool expected = arguments >= 0 && arguments < kMost && words[arguments + 1] == nullptr;
  return expected ? words + arguments + 2 : nullptr;
}

// `environ` may be a variable of the program's own, which it has not set yet.
char** Block() {
  if (environ != nullptr) return environ;
  return __environ != nullptr ? __environ : FirstBlock();
}

}  // namespace

bool EnvironmentIsKnown() { return environ != nullptr || __environ != nullptr; }

const char* FindEnvironment(const char* name) {
  char** entry = Block();
  if (entry == nullptr) return nullptr;
  const size_t length = std::strlen(name);
  for (; *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, name, length) == 0 && (*entry)[length] == '=') {
      return *entry + length + 1;
    }
  }
  return nullptr;
}

}  // namespace pprof::sys
